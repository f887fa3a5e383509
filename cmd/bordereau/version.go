package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// stamped is the version of a build without a module's version and without a revision,
// such as a build from an archive or in an image:
//
//	go build -ldflags "-X main.stamped=v1.2.3" ./cmd/bordereau
var stamped string

// buildVersion describes the source of this binary.
type buildVersion struct {
	Version  string `json:"version"`            // of the module, or a revision; "unknown" without either
	Revision string `json:"revision,omitempty"` // of the source
	Time     string `json:"time,omitempty"`     // of the revision
	Modified bool   `json:"modified"`           // the source had changes beside the revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program and of its build",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return newBuildVersion(builtFrom(), stamped).tell(asJSON, cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// builtFrom returns the build information that the go command wrote into this binary.
func builtFrom() *debug.BuildInfo {
	info, _ := debug.ReadBuildInfo()
	return info
}

// newBuildVersion reads the build information. info is nil in a binary that was built
// without modules.
func newBuildVersion(info *debug.BuildInfo, stamped string) buildVersion {
	v := buildVersion{Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	module := ""
	if info != nil {
		if info.Main.Version != "(devel)" {
			module = info.Main.Version
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.time":
				v.Time = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	v.Version = cmp.Or(stamped, module, v.Revision, "unknown")
	return v
}

func (v buildVersion) tell(asJSON bool, out io.Writer) error {
	if asJSON {
		return printJSON(out, v)
	}
	_, err := fmt.Fprintln(out, v)
	return err
}

func (v buildVersion) String() string {
	modified := ""
	if v.Modified {
		modified = ", with changes"
	}
	return fmt.Sprintf("bordereau %s%s (%s, %s)", v.Version, modified, v.Go, v.Platform)
}
