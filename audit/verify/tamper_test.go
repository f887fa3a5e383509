package verify_test

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
)

func itoa(n int) string { return strconv.Itoa(n) }

// edited is a row with a changed leaf in its one form, and with erasable data and columns
// in step.
func edited(t *testing.T, seq int, change func(*event.Event)) verify.Row {
	t.Helper()
	e := draft(seq)
	change(&e)
	return sealed(t, e)
}

// A forger has a copy, or the database, but not the key. Every change is found and named,
// and only the good checkpoint before it still holds.
func TestTamperedCopies(t *testing.T) {
	const n = 20
	l := newLedger(t, n)
	key, vkey := newKey(t, origin, "log")
	against := verify.Evidence{
		Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, n, key), Older: [][]byte{l.checkpoint(t, 5, key)},
	}
	root := finding{verify.KindRoot, 5} // somewhere after the older checkpoint
	for _, tt := range []struct {
		name   string
		tamper func(rows []verify.Row) []verify.Row
		want   []finding
	}{
		{"edit an event", func(rows []verify.Row) []verify.Row {
			rows[8] = edited(t, 8, func(e *event.Event) { e.Actor = id("p", 77) })
			return rows
		}, []finding{root}},
		{"edit an event before the older checkpoint", func(rows []verify.Row) []verify.Row {
			rows[2] = edited(t, 2, func(e *event.Event) { e.Outcome = event.OutcomeDeny })
			return rows
		}, []finding{{verify.KindRoot, 0}, {verify.KindRoot, 0}}},
		{"edit a leaf by hand", func(rows []verify.Row) []verify.Row {
			rows[8].Leaf = bytes.Replace(rows[8].Leaf, []byte(`"outcome":"allow"`), []byte(`"outcome": "deny"`), 1)
			return rows
		}, []finding{{verify.KindLeaf, 8}, root}},
		{"empty a leaf", func(rows []verify.Row) []verify.Row {
			rows[8].Leaf = nil
			return rows
		}, []finding{{verify.KindLeaf, 8}, root}},
		{"delete an event", func(rows []verify.Row) []verify.Row {
			return slices.Delete(rows, 8, 9)
		}, []finding{{verify.KindMissing, 8}, {verify.KindTruncated, 19}}},
		{"delete the first event", func(rows []verify.Row) []verify.Row {
			return rows[1:]
		}, []finding{{verify.KindMissing, 0}, {verify.KindGrant, 1}, {verify.KindRoot, 0}, {verify.KindTruncated, 19}}},
		{"delete an event and close the gap", func(rows []verify.Row) []verify.Row {
			rows = slices.Delete(rows, 17, 18)
			for i := 17; i < len(rows); i++ {
				rows[i].Seq--
			}
			return rows
		}, []finding{{verify.KindPlace, 17}, {verify.KindPlace, 18}, {verify.KindTruncated, 19}}},
		{"exchange two events", func(rows []verify.Row) []verify.Row {
			rows[8], rows[9] = rows[9], rows[8]
			return rows
		}, []finding{{verify.KindMissing, 8}, {verify.KindOrder, 8}, {verify.KindTime, 8}, root}},
		{"exchange the leaves of two events", func(rows []verify.Row) []verify.Row {
			rows[8], rows[11] = rows[11], rows[8]
			rows[8].Seq, rows[11].Seq = 8, 11
			return rows
		}, []finding{{verify.KindPlace, 8}, {verify.KindTime, 9}, {verify.KindPlace, 11}, {verify.KindTime, 11}, root}},
		{"cut the end off", func(rows []verify.Row) []verify.Row {
			return rows[:17]
		}, []finding{{verify.KindTruncated, 17}}},
		{"cut to nothing", func(rows []verify.Row) []verify.Row {
			return nil
		}, []finding{{verify.KindTruncated, 0}, {verify.KindTruncated, 0}}},
		{"put an event in", func(rows []verify.Row) []verify.Row {
			return slices.Insert(rows, 8, edited(t, 8, func(e *event.Event) { e.Actor = id("p", 77) }))
		}, []finding{{verify.KindOrder, 8}, root}},
		{"put an event in and move the others", func(rows []verify.Row) []verify.Row {
			rows = slices.Insert(rows, 18, edited(t, 18, func(e *event.Event) { e.Phase, e.Action = event.PhaseState, "audit.prove" }))
			rows[19].Seq, rows[20].Seq = 19, 20
			return rows
		}, []finding{{verify.KindPlace, 19}, root, {verify.KindPlace, 20}}},
		{"repeat an event", func(rows []verify.Row) []verify.Row {
			return slices.Insert(rows, 8, rows[8])
		}, []finding{{verify.KindOrder, 8}, root}},
		{"take an event from another ledger", func(rows []verify.Row) []verify.Row {
			rows[8] = edited(t, 8, func(e *event.Event) { e.Ledger = event.Operator })
			return rows
		}, []finding{{verify.KindLedger, 8}, root}},
		{"date an event back", func(rows []verify.Row) []verify.Row {
			rows[8] = edited(t, 8, func(e *event.Event) { e.Time = at(3) })
			return rows
		}, []finding{{verify.KindTime, 8}, root}},
		{"edit erasable data", func(rows []verify.Row) []verify.Row {
			rows[8].Private.Clear = strings.Replace(rows[8].Private.Clear, "192.0.2.7", "192.0.2.8", 1)
			return rows
		}, []finding{{verify.KindPrivate, 8}}},
		{"edit a salt", func(rows []verify.Row) []verify.Row {
			rows[8].Private.Salt[0]++
			return rows
		}, []finding{{verify.KindPrivate, 8}}},
		{"erase a salt only", func(rows []verify.Row) []verify.Row {
			rows[8].Private.Salt = nil
			return rows
		}, []finding{{verify.KindPrivate, 8}}},
		{"exchange erasable data of two events", func(rows []verify.Row) []verify.Row {
			rows[8].Private, rows[9].Private = rows[9].Private, rows[8].Private
			return rows
		}, []finding{{verify.KindPrivate, 8}, {verify.KindPrivate, 9}}},
		{"make up erasable data", func(rows []verify.Row) []verify.Row {
			private := rows[8].Private
			rows[8] = bare(t, draft(8))
			rows[8].Private = private
			return rows
		}, []finding{{verify.KindPrivate, 8}, root}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := verified(t, tt.tamper(cloned(l.rows)), against)
			if got.OK() || !strings.HasPrefix(got.Statement(), "NOT OK.") {
				t.Error("OK")
			}
			if diff := cmp.Diff(tt.want, findings(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFlippedBits(t *testing.T) {
	l := newLedger(t, 4)
	key, vkey := newKey(t, origin, "log")
	against := verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 4, key)}
	for i := range l.rows[2].Leaf {
		for bit := range 8 {
			rows := cloned(l.rows)
			rows[2].Leaf[i] ^= 1 << bit
			if got := verified(t, rows, against); got.OK() || got.Proven != 0 {
				t.Fatalf("byte %d, bit %d: not found", i, bit)
			}
		}
	}
}

// An edited column hides an event from queries while every proof still holds.
func TestEditedColumns(t *testing.T) {
	l := newLedger(t, 9)
	key, vkey := newKey(t, origin, "log")
	against := verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 9, key)}
	edits := map[string]string{
		"time": "1", "event": id("e", 77), "action": "batch.read", "outcome": "deny", "reason": "", "actor": id("p", 77), "contract": "",
		"provider": id("o", 77), "batch": "", "document": id("d", 77), "phase": "unknown", "kind": "work", "organisation": id("o", 77),
		"role": "auditor", "site": "tunis", "country": "TN", "bytes": "1234567",
	}
	if n := len(verify.Fields()); len(edits) != n {
		t.Errorf("%d of %d columns are edited", len(edits), n)
	}
	edits["unknown"] = ""
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			rows := cloned(l.rows)
			rows[6].Columns[name] = edit
			got := verified(t, rows, against)
			want := []verify.Problem{{Kind: verify.KindColumn, Seq: 6, Detail: "the columns say something else than the leaf: " + name}}
			if diff := cmp.Diff(want, got.Problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A column that the copy leaves out is a problem.
func TestMissingColumn(t *testing.T) {
	l := newLedger(t, 3)
	rows := cloned(l.rows)
	delete(rows[1].Columns, "batch")
	got := verified(t, rows, verify.Evidence{Ledger: client})
	if len(got.Problems) != 1 || !strings.HasSuffix(got.Problems[0].Detail, ": batch") {
		t.Errorf("%v", got.Problems)
	}
}

// The operator of the gateway has the key and rewrites the ledger with a new tree and a
// new checkpoint. A checkpoint kept from before shows it.
func TestRewrittenLedger(t *testing.T) {
	l := newLedger(t, 20)
	key, vkey := newKey(t, origin, "log")
	kept := l.checkpoint(t, 15, key)
	rows := cloned(l.rows)
	rows[8] = edited(t, 8, func(e *event.Event) { e.Actor = id("p", 77) })
	rewritten := ledgerOf(t, rows)
	against := verify.Evidence{Ledger: client, Key: vkey, Checkpoint: rewritten.checkpoint(t, 20, key)}
	if got := verified(t, rewritten.rows, against); !got.OK() {
		t.Fatalf("without the kept checkpoint there is nothing to find, yet: %v", got.Problems)
	}
	against.Older = [][]byte{kept, rewritten.checkpoint(t, 5, key)}
	got := verified(t, rewritten.rows, against)
	if diff := cmp.Diff([]finding{{verify.KindRoot, 5}}, findings(got)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(got.Problems[0].Detail, "older checkpoint 1") {
		t.Error(got.Problems[0].Detail)
	}
}

// A ledger that was set back: the kept checkpoint covers more events than there are.
func TestLedgerSetBack(t *testing.T) {
	l := newLedger(t, 20)
	key, vkey := newKey(t, origin, "log")
	got := verified(t, l.rows[:12], verify.Evidence{
		Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 12, key), Older: [][]byte{l.checkpoint(t, 20, key)},
	})
	if diff := cmp.Diff([]finding{{verify.KindTruncated, 12}}, findings(got)); diff != "" {
		t.Error(diff)
	}
}
