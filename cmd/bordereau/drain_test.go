package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/supervise"
)

// A gateway that was asked to stop is not ready at once, and goes on answering for the
// pause in which a balancer finds that out.
func TestAGatewayThatStopsAnswersMeanwhile(t *testing.T) {
	needs.Parallel(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	api, admin, err := listen(config.Listen{API: "127.0.0.1:0", Admin: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.PublicURL, c.DataDir, c.Limits.DrainPause = "http://"+api.Addr().String(), t.TempDir(), time.Hour
	c = c.Resolve(c.DataDir)
	if err := makeKeys(c.Keys, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := makeOperator(ctx, c, gateway.First{Organisation: "Operator", Country: "FR", Person: "Operator"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	in, err := open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
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
	answer, err := http.Get(c.PublicURL + "/.well-known/jwks.json")
	if err != nil {
		t.Fatalf("the API is closed while it drains: %v", err)
	}
	answer.Body.Close()
	api.Close() // ends the pause
	<-ended
}
