package verify_test

import (
	"context"
	"crypto/ed25519"
	"iter"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// The other tests build their ledgers themselves. This test verifies the ledger of
// package audit, on both engines, with a checkpoint kept from every few events. Then it
// finds an edit in its database.
func TestWhatTheGatewayWrites(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		if err := audit.Migrate(t.Context(), db.Writer(), db.PostgreSQL()); err != nil {
			t.Fatal(err)
		}
		w := newWriter(t, db)
		against := verify.Evidence{Ledger: client, Key: w.VerifierKey(client)}
		for seq := range 40 {
			if seq%7 == 0 {
				against.Older = append(against.Older, w.checkpoint(t))
			}
			w.append(t, seq)
		}
		against.Checkpoint = w.checkpoint(t)

		got, err := verify.Copy(t.Context(), w.copy(t.Context()), against)
		if err != nil {
			t.Fatal(err)
		}
		if !got.OK() || got.Proven != 40 || got.Older != len(against.Older) || got.Erased != 0 || got.Open != 1 {
			t.Fatalf("%+v", got)
		}

		databasetest.DropTriggers(t, db)
		if _, err := db.Writer().ExecContext(t.Context(), `UPDATE audit_event SET actor = NULL WHERE seq = 11`); err != nil {
			t.Fatal(err)
		}
		got, err = verify.Copy(t.Context(), w.copy(t.Context()), against)
		if err != nil {
			t.Fatal(err)
		}
		if f := findings(got); len(f) != 1 || f[0] != (finding{verify.KindColumn, 11}) {
			t.Errorf("after the edit: %v", f)
		}
	})
}

// writer is a ledger of package audit whose sequencer runs until the test ends.
type writer struct {
	*audit.Ledger
	db *database.DB
}

func newWriter(t *testing.T, db *database.DB) writer {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	l, err := audit.Open(t.Context(), audit.Config{
		Writer: db.Writer(), Reader: db.Reader(), PostgreSQL: db.PostgreSQL(),
		Origin: "bordereau.example/audit", Key: ed25519.NewKeyFromSeed(seed), Node: "gw-1", WaitTimeout: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return writer{l, db}
}

// append writes the event that a test ledger has at seq; time and place are given by the
// ledger.
func (w writer) append(t *testing.T, seq int) {
	t.Helper()
	e := draft(seq)
	e.Private = map[string]string{"address": "192.0.2.7", "note": "a <b> & «c»"}
	tx, err := w.db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	ticket, err := w.Stage(t.Context(), tx, client, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Wait(t.Context(), ticket); err != nil || got != int64(seq) {
		t.Fatalf("sequenced as %d: %v", got, err)
	}
}

func (w writer) checkpoint(t *testing.T) []byte {
	t.Helper()
	signed, err := w.Checkpoint(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// copy gives the stored rows as a verifier takes them.
func (w writer) copy(ctx context.Context) iter.Seq2[verify.Row, error] {
	return func(yield func(verify.Row, error) bool) {
		for r, err := range w.Copy(ctx, client) {
			row := verify.Row{Seq: r.Seq, Leaf: r.Leaf, Private: r.Opening, Columns: r.Columns}
			if !yield(row, err) {
				return
			}
		}
	}
}
