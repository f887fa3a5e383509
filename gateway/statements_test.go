package gateway_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// Each statement is a round trip to PostgreSQL, and an act does not read again what it
// has loaded. If you add a statement to one of these acts, check that the row was not
// read before, and change its number here.
func TestStatementsOfAnAct(t *testing.T) {
	var mu sync.Mutex
	var queries []string
	w := gatewaytest.New(t, gatewaytest.Config{Database: databasetest.Open(t, database.Config{
		SQLite: filepath.Join(t.TempDir(), "bordereau.db"),
		Trace: func(query string) {
			mu.Lock()
			defer mu.Unlock()
			queries = append(queries, query)
		}})}).World(t)
	got := map[string]int{}
	count := func(name string, act func() error) {
		t.Helper()
		mu.Lock()
		queries = nil
		mu.Unlock()
		if err := act(); (err != nil) != (name == "denial") {
			t.Fatalf("%s: %v", name, err)
		}
		mu.Lock()
		defer mu.Unlock()
		got[name] = len(queries)
	}
	b, _, err := w.Gateway.OpenBatch(t.Context(), w.System, w.Contract, "COUNTED")
	if err != nil {
		t.Fatal(err)
	}
	var d gateway.Document
	count("upload", func() error {
		d, _ = w.Upload(t, b.ID, "claim-1", []byte("ten bytes!"))
		return nil
	})
	count("seal", func() error {
		_, err := w.Gateway.SealBatch(t.Context(), w.System, b.ID, gateway.Manifest{Documents: 1, Bytes: 10})
		return err
	})
	count("denial", func() error { _, err := w.Read(t, w.Handler, d.ID); return err })
	w.Taken(t, b.ID)
	count("download", func() error { _, err := w.Read(t, w.Handler, d.ID); return err })
	want := map[string]int{"upload": 25, "seal": 13, "denial": 11, "download": 17}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
}
