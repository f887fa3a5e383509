package gateway_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/objects"
)

// This is the first promise: if the sequencer stops after an act's commit, there is no
// success and no byte, whatever the act is.
func TestWithoutTheLedgerNothingLeaves(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := gatewaytest.New(t, gatewaytest.Config{Database: db, WaitTimeout: 5 * time.Second}).World(t)
		batch := w.Open(t, "lot-1")
		d := readable(t, w, 10_000)
		content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		content.Close()

		w.StopSequencer()
		g, ctx := w.Gateway, t.Context()
		body := gatewaytest.Content("late", 3000)
		acts := map[string]func() error{
			"reading a document": func() error { _, err := g.Open(ctx, w.Handler, d.ID); return err },
			"inspecting":         func() error { _, err := g.Document(ctx, w.Handler, d.ID); return err },
			"uploading": func() error {
				_, _, err := g.Upload(ctx, w.System, gatewaytest.Incoming(batch, "late", body), bytes.NewReader(body))
				return err
			},
			"opening a batch": func() error { _, _, err := g.OpenBatch(ctx, w.System, w.Contract, "lot-2"); return err },
			"sealing":         func() error { _, err := g.SealBatch(ctx, w.System, batch, gateway.Manifest{}); return err },
			"listing batches": func() error {
				_, _, err := g.Batches(ctx, w.Handler, gateway.BatchFilter{}, gateway.Page{})
				return err
			},
			"listing contracts":  func() error { _, _, err := g.Contracts(ctx, w.Handler, gateway.Page{}); return err },
			"reading a contract": func() error { _, err := g.Contract(ctx, w.Handler, w.Contract); return err },
			"suspending":         func() error { _, err := g.SuspendContract(ctx, w.Manager, w.Contract, "incident"); return err },
			"asking the ledger": func() error {
				_, _, err := g.AuditEvents(ctx, w.Officer, string(w.Client), gateway.EventQuery{})
				return err
			},
			"taking a checkpoint": func() error { _, err := g.Checkpoint(ctx, w.Officer, string(w.Client)); return err },
			"taking a proof":      func() error { _, err := g.ProveEvent(ctx, w.Officer, string(w.Client), 0); return err },
			"taking a tile":       func() error { _, err := g.Tile(ctx, w.Officer, string(w.Client), "0/000.p/1"); return err },
			"signing in": func() error {
				return g.SignIn(ctx, gateway.SignIn{Client: w.Operator.Person, Secret: w.OperatorCredential.Secret})
			},
			"a denied read":      func() error { _, err := g.Open(ctx, w.Colleague, d.ID); return err },
			"a read of no one's": func() error { _, err := g.Document(ctx, w.Handler, "d_aaaaaaaaaaaaaaaaaaaaaaaaaa"); return err },
			"a repeated grant": func() error {
				_, err := g.GrantRole(ctx, w.Manager, w.Contract, gateway.NewMembership{Person: w.Handler.Person, Role: "handler"})
				return err
			},
			"a member's departure": func() error { return g.EndMember(ctx, w.Operator, w.Colleague.Person) },
		}
		for name, act := range acts {
			if err := act(); !errors.Is(err, gateway.ErrUnavailable) {
				t.Errorf("%s without a ledger: %v, want unavailable", name, err)
			}
		}
		if got := stored(t, w); got != 1 {
			t.Errorf("%d objects: an upload went on without its grant in the ledger", got)
		}

		// Another replica has a ledger that runs. It has every event of the outbox, and
		// repeating works.
		g = w.Replica(t).Gateway
		if _, err := g.ResumeContract(ctx, w.Manager, w.Contract, "over"); err != nil {
			t.Fatalf("resuming: %v", err)
		}
		content, err = g.Open(ctx, w.Handler, d.ID)
		if err != nil {
			t.Fatalf("reading again: %v", err)
		}
		content.Close()
	})
}

// No file on the disk of the installation contains a document's plaintext.
func TestNoPlaintextAtRest(t *testing.T) {
	dir := t.TempDir()
	store, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: filepath.Join(dir, "objects")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	db := databasetest.Open(t, database.Config{SQLite: filepath.Join(dir, "bordereau.db")})
	w := gatewaytest.New(t, gatewaytest.Config{Database: db, Objects: store}).World(t)
	batch, documents := w.Sent(t, 3)
	w.Taken(t, batch)
	for _, d := range documents {
		if _, err := w.Read(t, w.Handler, d.ID); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, marker := range []string{"Plaintext-Marker", "Sinistre claim"} {
			if bytes.Contains(content, []byte(marker)) {
				t.Errorf("%s holds plaintext", path)
			}
		}
		return nil
	})
	if err != nil || files < 4 {
		t.Fatalf("looked into %d files: %v", files, err)
	}
}

func TestDatabaseUnavailable(t *testing.T) {
	server := databasetest.NewServer(t)
	w := gatewaytest.New(t, gatewaytest.Config{Database: databasetest.Open(t, database.Config{PostgreSQL: server.DSN(t)})}).World(t)
	batch, documents := w.Sent(t, 1)
	w.Taken(t, batch)
	server.Stop(t)
	if _, err := w.Read(t, w.Handler, documents[0].ID); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("reading: %v, want unavailable", err)
	}
	if _, _, err := w.Gateway.OpenBatch(t.Context(), w.System, w.Contract, "lot-x"); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("opening a batch: %v, want unavailable", err)
	}
	server.Start(t)
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Errorf("reading after the database came back: %v", err)
	}
}
