package supervise_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/supervise"
)

// watched is a gateway under watch. A sequencer is stalled at once when no round
// succeeds.
type watched struct {
	*gatewaytest.House
	*supervise.Supervisor
	store *supervise.Store
	sink  publish.Sink
}

func watch(t *testing.T, c gatewaytest.Config) *watched {
	t.Helper()
	return watchWith(t, c, supervise.NewMetrics("test"))
}

func watchWith(t *testing.T, c gatewaytest.Config, m *supervise.Metrics) *watched {
	t.Helper()
	w := &watched{House: gatewaytest.New(t, c)}
	w.store = supervise.WatchStore(w.Objects, m)
	there, err := publish.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { there.Close() })
	w.sink = there
	publisher, err := publish.New(publish.Config{Ledger: w.Ledger, Sink: w.sink})
	if err != nil {
		t.Fatal(err)
	}
	w.Supervisor = supervise.New(supervise.Config{Database: w.Database, Ledger: w.Ledger, Publisher: publisher, Gateway: w.Gateway,
		Store: w.store, Logger: slog.New(slog.DiscardHandler), LedgerWait: -time.Second, Metrics: m})
	return w
}

func (w *watched) want(t *testing.T, ready bool, differing map[string]string) {
	t.Helper()
	want := supervise.Report{Ready: ready, Checks: map[string]string{"process": "serving", "database": "ok", "ledger": "ok",
		"sequencer": "ok", "store": "ok", "publication": "ok"}}
	for part, state := range differing {
		want.Checks[part] = state
	}
	if diff := cmp.Diff(want, w.Ready(t.Context())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func each(t *testing.T, f func(t *testing.T, w *watched)) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) { f(t, watch(t, gatewaytest.Config{Database: db})) })
}

func TestASoundGatewayIsReady(t *testing.T) {
	each(t, func(t *testing.T, w *watched) { w.want(t, true, nil) })
}

func TestAGatewayThatStopsIsNotReady(t *testing.T) {
	needs.Parallel(t)
	w := watch(t, gatewaytest.Config{})
	w.Stopping()
	w.want(t, false, map[string]string{"process": "stopping"})
}

// An event waits for a sequencer that does not run, and is not forgotten when the request
// that waited for it has its answer.
func TestAStalledSequencerIsNotReady(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := watch(t, gatewaytest.Config{Database: db, NoSequencer: true, WaitTimeout: time.Millisecond})
		w.want(t, true, nil) // an idle gateway is sound
		if _, _, err := w.Gateway.Bootstrap(t.Context(), gateway.First{Organisation: "O", Country: "FR", Person: "P"}); !errors.Is(err, gateway.ErrUnavailable) {
			t.Fatalf("an act was answered without its event: %v", err)
		}
		w.want(t, false, map[string]string{"sequencer": "stalled"})
		w.StartSequencer(t)
		for w.Ledger.Stalled() > 0 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		w.want(t, true, nil)
	})
}

// A read-only server is not ready, also while nothing is asked of the gateway.
func TestAReadOnlyServerIsNotReady(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	w := watch(t, gatewaytest.Config{Database: db})
	set := func(value string) {
		t.Helper()
		conn, err := db.Writer().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"SET default_transaction_read_only = off", "DO $$ BEGIN EXECUTE format(" +
			"'ALTER DATABASE %I SET default_transaction_read_only = " + value + "', current_database()); END $$"} {
			if _, err := conn.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		conn.Close()
		db.Writer().SetMaxIdleConns(-1) // a session keeps what it began with
		db.Writer().SetMaxIdleConns(2)
	}
	set("on")
	w.want(t, false, map[string]string{"database": "no-writes"})
	set("off")
	w.want(t, true, nil)
}

// A database that takes no writes is found by the write that fails. As soon as one
// succeeds, which the question itself tries, the gateway is ready again.
func TestADatabaseWithoutWritesIsNotReady(t *testing.T) {
	needs.Parallel(t)
	w := watch(t, gatewaytest.Config{})
	queryOnly := func(value string) {
		if _, err := w.Database.Writer().Exec("PRAGMA query_only = " + value); err != nil {
			t.Fatal(err)
		}
	}
	queryOnly("on")
	if err := w.Gateway.Announce(t.Context()); !errors.Is(err, database.ErrUnavailable) {
		t.Fatalf("a write was done, or failed for another reason: %v", err)
	}
	w.want(t, false, map[string]string{"database": "no-writes"})
	queryOnly("off")
	w.want(t, true, nil)
}

// Every replica has the same store: one that fails is told, and takes no replica out.
func TestAFailingStoreIsADetail(t *testing.T) {
	needs.Parallel(t)
	w := watch(t, gatewaytest.Config{})
	if _, _, err := w.store.Get(t.Context(), "d/none", 0); !errors.Is(err, gateway.ErrObjectMissing) {
		t.Fatal(err)
	}
	w.want(t, true, nil)
	away := supervise.WatchStore(awayStore{w.Objects}, supervise.NewMetrics("test"))
	w.Supervisor = supervise.New(supervise.Config{Database: w.Database, Ledger: w.Ledger, Gateway: w.Gateway, Store: away,
		Publisher: must(publish.New(publish.Config{Ledger: w.Ledger, Sink: w.sink})), Logger: slog.New(slog.DiscardHandler), Metrics: supervise.NewMetrics("test")})
	if _, _, err := away.Get(t.Context(), "d/none", 0); err == nil {
		t.Fatal("a store that is away answered")
	}
	w.want(t, true, map[string]string{"store": "failing"})
	// A sender who leaves in the middle is no fault of the store, and says nothing of it.
	if err := away.Put(t.Context(), "d/one", io.MultiReader(strings.NewReader("x"), brokenBody{}), 2); err == nil {
		t.Fatal("half a body was stored")
	}
	w.want(t, true, map[string]string{"store": "failing"})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// awayStore refuses to read.
type awayStore struct{ gateway.Objects }

func (awayStore) Get(context.Context, string, int64) (io.ReadCloser, int64, error) {
	return nil, 0, gateway.ErrUnavailable
}
