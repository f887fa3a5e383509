package main

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/installation"
)

const (
	kills = 50

	// A process is killed at a random moment of this time after it has begun to serve.
	longestLife = 1200 * time.Millisecond
)

// TestKilled kills real processes with SIGKILL, in the middle of requests, and checks
// after each kill that no acknowledged act is lost. It takes some minutes:
//
//	BORDEREAU_TEST_LARGE=1 go test ./cmd/bordereau -run TestKilled -v -timeout 60m
func TestKilled(t *testing.T) {
	needs.Alone(t)
	needs.Large(t)
	t.Run("gateway on sqlite", func(t *testing.T) {
		h := newServed(t, config.Default(), "")
		h.killTimes(t, kills, func() {
			h.process.kill(t)
			h.check(t) // no other process writes to the file now
			h.serve(t)
		})
	})
	t.Run("gateway on postgresql", func(t *testing.T) {
		h := newServed(t, onPostgreSQL(), databasetest.NewServer(t).URL(t))
		h.killTimes(t, kills, func() {
			h.process.kill(t)
			h.check(t)
			h.serve(t)
		})
	})
	t.Run("postgresql", func(t *testing.T) {
		server := databasetest.NewServer(t)
		h := newServed(t, onPostgreSQL(), server.URL(t))
		h.killTimes(t, kills, func() {
			server.Kill(t)
			server.Start(t)
			h.check(t) // the gateway goes on meanwhile
		})
	})
}

func onPostgreSQL() config.Config {
	c := config.Default()
	c.Database.Engine = config.PostgreSQL
	return c
}

// killTimes lets the clients work while kill is called n times, each time at a random
// moment, and in the end lets them finish their work, and checks everything once more.
func (h *served) killTimes(t *testing.T, n int, kill func()) {
	begin := time.Now()
	h.serve(t)
	l := h.startLoad(t)
	for i := range n {
		select {
		case <-time.After(time.Duration(rand.Int64N(int64(longestLife)))):
		case err := <-l.failed:
			t.Fatalf("before kill %d: %v\n%s", i+1, err, h.process.said())
		}
		kill()
		if t.Failed() {
			t.Fatalf("after kill %d", i+1)
		}
	}
	if err := l.finish(); err != nil {
		t.Fatalf("finishing what was begun: %v\n%s", err, h.process.said())
	}
	h.awaitNoOpenGrant(t)
	l.compareAll(t)
	h.check(t)
	h.checkGrants(t)
	h.process.stop(t)
	h.checkPublished(t)
	t.Logf("%d kills in %s: nothing lost", n, time.Since(begin).Round(time.Second))
	t.Log(l.journal.summary())
	t.Log(h.summary())
}

// awaitNoOpenGrant returns when no access is open any more. The accesses of a killed
// process are closed by its successor, after half a minute without its heartbeat.
func (h *served) awaitNoOpenGrant(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for open := -1; open != 0; {
		h.onDatabase(t, func(in *installation.Installation) {
			if err := in.Database.Reader().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM audit_open`).Scan(&open); err != nil {
				t.Fatal(err)
			}
		})
		select {
		case <-ctx.Done():
			t.Fatalf("%d grants are still open", open)
		case <-tick.C:
		}
	}
}
