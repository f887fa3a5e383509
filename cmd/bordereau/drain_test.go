package main

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/supervise"
)

// A gateway that was asked to stop is not ready at once, and goes on answering for the
// pause in which a balancer finds that out.
func TestAGatewayThatStopsAnswersMeanwhile(t *testing.T) {
	needs.Parallel(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c := config.Default()
	c.Limits.DrainPause = time.Hour
	in, api, admin := installed(ctx, t, c)
	ended := make(chan error, 1)
	go func() {
		ended <- in.WithServices(ctx, func(ctx context.Context) error { return serve(ctx, in, api, admin) })
	}()
	ready := func() (status int, r supervise.Report) {
		answer, err := http.Get("http://" + admin.Addr().String() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(&r); err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, r
	}
	if status, r := ready(); status != http.StatusOK || !r.Ready {
		t.Fatalf("before: %d %v", status, r)
	}
	stop()
	for {
		status, r := ready()
		if r.Checks["process"] == "stopping" {
			if status != http.StatusServiceUnavailable || r.Ready {
				t.Errorf("a gateway that stops: %d %v", status, r)
			}
			break
		}
		time.Sleep(time.Millisecond)
	}
	answer, err := http.Get("http://" + api.Addr().String() + "/.well-known/jwks.json")
	if err != nil {
		t.Fatalf("the API is closed while it drains: %v", err)
	}
	answer.Body.Close()
	api.Close() // ends the pause
	<-ended
}
