package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheVersionIsTheBestThatIsKnown(t *testing.T) {
	const revision = "0123456789abcdef0123456789abcdef01234567"
	tagged := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}
	worktree := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: revision}, {Key: "vcs.time", Value: "2026-11-29T13:03:45Z"},
		{Key: "vcs.modified", Value: "true"}}}
	for name, tt := range map[string]struct {
		info    *debug.BuildInfo
		stamped string
		want    buildVersion
	}{
		"a module's":            {tagged, "", buildVersion{Version: "v1.2.3"}},
		"a stamp before all":    {tagged, "v1.2.4", buildVersion{Version: "v1.2.4"}},
		"a revision":            {worktree, "", buildVersion{Version: revision, Revision: revision, Time: "2026-11-29T13:03:45Z", Modified: true}},
		"of a build without it": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "", buildVersion{Version: "unknown"}},
		"without modules":       {nil, "", buildVersion{Version: "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.Go, tt.want.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
			if diff := cmp.Diff(tt.want, newBuildVersion(tt.info, tt.stamped)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestChangesBesideTheRevisionAreTold(t *testing.T) {
	v := buildVersion{Version: "v1.2.3", Modified: true, Go: "go1.26.0", Platform: "linux/amd64"}
	if got, want := v.String(), "bordereau v1.2.3, with changes (go1.26.0, linux/amd64)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
