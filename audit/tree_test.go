package audit_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// fill records n events, some at a time, so that a slow machine sequences each part
// within Wait's timeout.
func fill(t testing.TB, ledger *audit.Ledger, db *database.DB, name string, n int) {
	t.Helper()
	const part = 256
	for from := 0; from < n; from += part {
		fillPart(t, ledger, db, name, from, min(from+part, n))
	}
}

// fillPart records events in one transaction and waits for the last.
func fillPart(t testing.TB, ledger *audit.Ledger, db *database.DB, name string, from, to int) {
	t.Helper()
	tx, err := db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var last audit.Ticket
	for i := from; i < to; i++ {
		if last, err = ledger.Stage(t.Context(), tx, name, read(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Wait(t.Context(), last); err != nil {
		t.Fatal(err)
	}
}

func tree(t testing.TB, ledger *audit.Ledger, name string) *audit.Tree {
	t.Helper()
	tree, err := ledger.Tree(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// leavesOf are the leaves of a ledger with the hashes of the tree over them, which tlog
// computes from the leaves alone.
func leavesOf(t testing.TB, ledger *audit.Ledger, name string) (leaves [][]byte, hashes storedHashes) {
	t.Helper()
	for row, err := range ledger.Copy(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		hashes.add(t, row.Seq, row.Leaf)
		leaves = append(leaves, row.Leaf)
	}
	return leaves, hashes
}

func TestTilesAreThoseOfTheLeaves(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		defer start(t, ledger)()
		fill(t, ledger, db, client(1), 600)
		checkTiles(t, ledger, client(1))
		checkTiles(t, ledger, client(1)) // and again, from those that were kept
	})
}

// TestHigherTiles is the case of a tile that stands for 65,536 events.
func TestHigherTiles(t *testing.T) {
	needs.NoRace(t, "one client")
	db := databasetest.SQLite(t)
	migrate(t, db)
	ledger := open(t, config(db))
	defer start(t, ledger)()
	fill(t, ledger, db, client(1), 65536+300)
	checkTiles(t, ledger, client(1))
	checkProofs(t, ledger, client(1), []int64{0, 255, 65535, 65536, 65536 + 299})
}

func checkTiles(t *testing.T, ledger *audit.Ledger, name string) {
	t.Helper()
	leaves, hashes := leavesOf(t, ledger, name)
	tree := tree(t, ledger, name)
	for _, tile := range tlog.NewTiles(8, 0, tree.Size()) {
		got, err := tree.Tile(t.Context(), audit.TileName{Level: tile.L, Index: tile.N, Width: tile.W})
		if err != nil {
			t.Fatal(err)
		}
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not the tile of the leaves", tile.Path())
		}
	}
	for from := 0; from < len(leaves); from += 256 {
		width := min(256, len(leaves)-from)
		got, err := tree.Tile(t.Context(), audit.TileName{Level: audit.EntriesLevel, Index: int64(from / 256), Width: width})
		if err != nil {
			t.Fatal(err)
		}
		var want []byte
		for _, leaf := range leaves[from : from+width] {
			want = append(binary.BigEndian.AppendUint16(want, uint16(len(leaf))), leaf...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the bundle from %d on is not of the leaves", from)
		}
	}
}

func TestProofs(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		defer start(t, ledger)()
		fill(t, ledger, db, client(1), 300)
		checkProofs(t, ledger, client(1), []int64{0, 1, 127, 128, 255, 256, 299})
	})
}

func checkProofs(t *testing.T, ledger *audit.Ledger, name string, seqs []int64) {
	t.Helper()
	leaves, hashes := leavesOf(t, ledger, name)
	tree := tree(t, ledger, name)
	prover, err := tree.Prover()
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range seqs {
		text, err := tree.ProveEvent(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := prover.ProveEvent(t.Context(), seq); err != nil || !bytes.Equal(same, text) {
			t.Errorf("event %d: a prover gives %q, %v", seq, same, err)
		}
		var p proof.TLogProof
		if err := p.Unmarshal(text); err != nil {
			t.Fatal(err)
		}
		size, root := openCheckpoint(t, ledger, name, p.Checkpoint)
		if err := tlog.CheckRecord(hashesOf(p.Hashes), size, root, int64(p.Index), tlog.RecordHash(leaves[seq])); err != nil {
			t.Errorf("event %d: %v", seq, err)
		}
		checkConsistency(t, ledger, name, tree, seq+1, hashes)
	}
	if _, err := tree.ProveEvent(t.Context(), tree.Size()); !errors.Is(err, audit.ErrAbsent) {
		t.Errorf("an event that is not there: %v", err)
	}
	if _, err := prover.ProveEvent(t.Context(), tree.Size()); !errors.Is(err, audit.ErrAbsent) {
		t.Errorf("an event that is not there, of a prover: %v", err)
	}
	if _, err := tree.ProveConsistency(t.Context(), tree.Size()+1); !errors.Is(err, audit.ErrAbsent) {
		t.Errorf("a size that was not reached: %v", err)
	}
}

func checkConsistency(t *testing.T, ledger *audit.Ledger, name string, tree *audit.Tree, from int64, hashes tlog.HashReader) {
	t.Helper()
	text, err := tree.ProveConsistency(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	head, checkpoint, _ := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if lines[0] != fmt.Sprintf("old %d", from) {
		t.Errorf("the proof from %d begins with %q", from, lines[0])
	}
	var p tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			t.Fatal(err)
		}
		p = append(p, hash)
	}
	size, root := openCheckpoint(t, ledger, name, []byte(checkpoint))
	old, err := tlog.TreeHash(from, hashes)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckTree(p, size, root, from, old); err != nil {
		t.Errorf("from %d: %v", from, err)
	}
	at, err := tree.At(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if at.Root() != old {
		t.Errorf("the root at %d is another", from)
	}
}

func openCheckpoint(t *testing.T, ledger *audit.Ledger, name string, signed []byte) (int64, tlog.Hash) {
	t.Helper()
	verifier, err := note.NewVerifier(ledger.VerifierKey(name))
	if err != nil {
		t.Fatal(err)
	}
	c, _, _, err := log.ParseCheckpoint(signed, "ledger.test/"+name, verifier)
	if err != nil {
		t.Fatal(err)
	}
	return int64(c.Size), tlog.Hash(c.Hash)
}

func hashesOf(in [][32]byte) tlog.RecordProof {
	var out tlog.RecordProof
	for _, hash := range in {
		out = append(out, hash)
	}
	return out
}

// TestTreeNoticesWhatIsNotUnderItsRoot changes stored rows: nothing may be served from
// them.
func TestTreeNoticesWhatIsNotUnderItsRoot(t *testing.T) {
	needs.Parallel(t)
	for name, statement := range map[string]string{
		"kept tile":              `UPDATE audit_tile SET hashes = (SELECT hashes FROM audit_tile WHERE idx = 1) WHERE idx = 0`,
		"leaf":                   `UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 3) WHERE seq = 599`,
		"leaf under a kept tile": `UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 3) WHERE seq = 4`,
		"missing leaf":           `DELETE FROM audit_event WHERE seq = 599`,
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
				defer start(t, ledger)()
				fill(t, ledger, db, client(1), 600)
				checkTiles(t, ledger, client(1)) // makes and keeps the tiles
				databasetest.DropTriggers(t, db)
				if _, err := db.Writer().ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
				tree := tree(t, ledger, client(1))
				_, first := tree.Tile(t.Context(), audit.TileName{Level: 0, Index: 0, Width: 256})
				_, bundle := tree.Tile(t.Context(), audit.TileName{Level: audit.EntriesLevel, Index: 0, Width: 256})
				_, last := tree.Tile(t.Context(), audit.TileName{Level: audit.EntriesLevel, Index: 2, Width: 88})
				if err := errors.Join(first, bundle, last); !errors.Is(err, audit.ErrTampered) {
					t.Errorf("got %v", err)
				}
				if _, err := tree.ProveEvent(t.Context(), 599); !strings.Contains(name, "kept tile") && !errors.Is(err, audit.ErrTampered) {
					t.Errorf("a proof from tampered leaves: %v", err)
				}
			})
		})
	}
}

func TestHaltedLedgerAcknowledgesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		defer start(t, ledger)()
		mustAppend(t, ledger, db, client(1), read(1))
		waiting := make(chan error, 1)
		go func() {
			// The ticket of nothing: it would wait for ever.
			_, err := ledger.Wait(context.WithoutCancel(t.Context()), audit.Ticket{Ledger: client(1), Event: "e_none"})
			waiting <- err
		}()
		for !ledger.Waiting() {
			time.Sleep(time.Millisecond)
		}
		reason := errors.New("two histories")
		ledger.Halt(reason)
		ledger.Halt(errors.New("another reason"))
		if err := <-waiting; !errors.Is(err, audit.ErrUnavailable) || !strings.Contains(err.Error(), "halted") {
			t.Errorf("who waited got %v", err)
		}
		if ledger.Halted() != reason {
			t.Errorf("Halted: %v", ledger.Halted())
		}
		if _, err := ledger.Append(t.Context(), client(1), read(2)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("Append: %v", err)
		}
		if _, err := stage(t.Context(), ledger, db.Writer(), client(1), read(2)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("Stage: %v", err)
		}
		if got := tree(t, ledger, client(1)).Size(); got != 1 {
			t.Errorf("the ledger has %d events", got)
		}
	})
}

func TestTileName(t *testing.T) {
	for _, s := range []string{"0/000", "0/x001/x234/067", "7/000", "1/000.p/4", "entries/005.p/17", "entries/x001/000"} {
		n, err := audit.ParseTileName(s)
		if err != nil || n.String() != s {
			t.Errorf("%q is read as %q: %v", s, n, err)
		}
	}
}

func FuzzParseTileName(f *testing.F) {
	for _, s := range []string{"", "0", "0/", "0/000", "0/0", "0/0000", "8/000", "-1/000", "entries/000.p/256", "0/000.p/0",
		"0/000.p/", "0/x000/001", "0/x001/x002/003.p/7", "../../etc", "0/000/../001", "0/+01", "entries/000.p/08",
		"0/x999/x999/x999/x999/x999/x999/999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := audit.ParseTileName(s)
		if err != nil {
			if !errors.Is(err, audit.ErrQuery) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		if n.String() != s {
			t.Errorf("%q and %q name the same tile", s, n)
		}
	})
}
