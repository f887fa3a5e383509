package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/supervise"
)

func healthCommand() *cobra.Command {
	var w where
	var url string
	var asJSON bool
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running gateway whether it is ready",
		Long: "Ask the administration of a running gateway (/readyz on listen.admin) whether it is ready for requests. The exit code is 0 when " +
			"it is and 1 when it is not, or does not answer, as HEALTHCHECK of a container wants it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if url == "" {
				c, err := w.load()
				if err != nil {
					return err
				}
				url = "http://" + reachable(c.Listen.Admin)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), patience)
			defer cancel()
			return askHealth(ctx, strings.TrimSuffix(url, "/")+"/readyz", asJSON, cmd.OutOrStdout())
		},
	}
	w.addFlags(cmd)
	cmd.Flags().StringVar(&url, "url", "", "address of the administration, as in http://127.0.0.1:8444, in place of the one in the configuration")
	cmd.Flags().DurationVar(&patience, "timeout", 5*time.Second, "how long to wait for the answer")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the gateway's own JSON object")
	cmd.MarkFlagsMutuallyExclusive("url", "data")
	cmd.MarkFlagsMutuallyExclusive("url", "config")
	return cmd
}

// reachable is the address at which this machine reaches a listener. One that listens on
// every address is reached on the machine's own.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// maxHealth bounds the answer that is read.
const maxHealth = 64 << 10

func askHealth(ctx context.Context, url string, asJSON bool, out io.Writer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	// No proxy: the administration is on this machine.
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return fmt.Errorf("asking the gateway: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxHealth))
	if err != nil {
		return fmt.Errorf("asking the gateway: %w", err)
	}
	var report supervise.Report
	if json.Unmarshal(text, &report) != nil || report.Checks == nil {
		return fmt.Errorf("%s is not the administration of a gateway: it answered with status %d", url, answer.StatusCode)
	}
	if asJSON {
		_, err = out.Write(text)
	} else {
		err = tellHealth(report, out)
	}
	if err == nil && (answer.StatusCode != http.StatusOK || !report.Ready) {
		err = errReported
	}
	return err
}

func tellHealth(r supervise.Report, out io.Writer) error {
	word := "ready"
	if !r.Ready {
		word = "not ready"
	}
	_, err := fmt.Fprintln(out, word)
	for _, part := range slices.Sorted(maps.Keys(r.Checks)) {
		_, failed := fmt.Fprintf(out, "  %-12s %s\n", part, r.Checks[part])
		err = errors.Join(err, failed)
	}
	return err
}
