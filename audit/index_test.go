package audit_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// indexOf computes the index rows of the first blocks of a ledger, from the leaves alone
// and by docs/ledger.md.
func indexOf(leaves []event.Event, blocks int64) []audit.IndexRow {
	bits := map[audit.IndexRow]uint64{}
	for _, e := range leaves[:min(int64(len(leaves)), blocks*64)] {
		refused := ""
		if e.Outcome == event.OutcomeDeny {
			refused = e.Actor
		}
		for i, value := range []string{string(e.Action), string(e.Action.Kind()), string(e.Phase), string(e.Outcome), e.Reason, e.Actor,
			e.Organisation, e.Role, e.Site, e.Country, e.Contract, e.Provider, e.Batch, e.Document, refused} {
			if value != "" {
				bits[audit.IndexRow{Field: int64(i + 1), Value: value, Block: e.Seq / 64}] |= 1 << (e.Seq % 64)
			}
		}
	}
	var list []audit.IndexRow
	for p, b := range bits {
		p.Bits = b
		list = append(list, p)
	}
	return inOrder(list)
}

func inOrder(list []audit.IndexRow) []audit.IndexRow {
	slices.SortFunc(list, func(a, b audit.IndexRow) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Block, b.Block))
	})
	return list
}

// stored are the index rows of a ledger and how many blocks have them.
func stored(t *testing.T, db *database.DB, name string) (list []audit.IndexRow, blocks int64) {
	t.Helper()
	copier := audit.Copier{Database: db.Reader()}
	blocks, err := copier.Indexed(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range copier.Index(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return inOrder(list), blocks
}

// consistent compares everything that a database keeps of a ledger with its leaves:
// numbers without gaps, the head, and exactly the index rows of the blocks that have any.
// It returns the events.
func consistent(t *testing.T, db *database.DB, ledger *audit.Ledger, name string) []event.Event {
	t.Helper()
	leaves := verified2(t, ledger, name)
	got, blocks := stored(t, db, name)
	if full := int64(len(leaves)) / 64; blocks > full {
		t.Fatalf("%d blocks of %s are indexed, and %d are full", blocks, name, full)
	}
	if diff := gocmp.Diff(indexOf(leaves, blocks), got); diff != "" {
		t.Fatalf("postings of the first %d blocks of %s (-want +got):\n%s", blocks, name, diff)
	}
	return leaves
}

// problemsOf is what verification says of the ledger in the database.
func problemsOf(t *testing.T, db *database.DB, ledger *audit.Ledger, name string) []verify.Problem {
	t.Helper()
	copier := audit.Copier{Database: db.Reader()}
	report, err := verify.Copy(t.Context(), rowsToVerify(t.Context(), ledger, name), verify.Evidence{
		Ledger: name,
		Head: func() (verify.Head, error) {
			size, root, err := copier.Head(t.Context(), name)
			return verify.Head{Size: size, Root: root.String()}, err
		},
		Index: indexToVerify(t, copier, name),
	})
	if err != nil {
		t.Fatal(err)
	}
	return report.Problems
}

// indexToVerify is the index of a ledger as the verifier takes it.
func indexToVerify(t *testing.T, copier audit.Copier, name string) *verify.Index {
	t.Helper()
	blocks, err := copier.Indexed(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return &verify.Index{Blocks: blocks, All: func(yield func(verify.IndexRow, error) bool) {
		for p, err := range copier.Index(t.Context(), name) {
			if !yield(verify.IndexRow(p), err) {
				return
			}
		}
	}}
}

// answers asks random queries about a ledger.
func answers(t *testing.T, ledger *audit.Ledger, name string, leaves []event.Event, r *rand.Rand, n int) {
	t.Helper()
	for range n {
		q := randomQuery(r)
		q.Ledger = name
		asked(t, ledger, leaves, q, r)
	}
}

// fillRandomly puts random events into ledgers, so many into each.
func fillRandomly(t *testing.T, ledger *audit.Ledger, r *rand.Rand, sizes map[string]int) {
	t.Helper()
	filler := ledger.NewFiller()
	for _, name := range names(sizes) {
		events := make([]event.Event, sizes[name])
		for i := range events {
			events[i] = randomEvent(r)
			events[i].Ledger, events[i].Occurred = name, noon.Add(time.Duration(i)*time.Second)
		}
		if err := filler.Fill(t.Context(), events); err != nil {
			t.Fatal(err)
		}
	}
}

func names[V any](of map[string]V) []string {
	var list []string
	for name := range of {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// TestIndexRowsByHand: the owner of the tables changes index rows, and verification names
// the change. A head that says less than is indexed is no error: it hides nothing, and
// the next round puts it right.
func TestIndexRowsByHand(t *testing.T) {
	const size = 70*64 + 10 // more than one round indexes
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		migrate(t, db)
		ledger := open(t, config(db))
		r := rand.New(rand.NewPCG(3, 51))
		fillRandomly(t, ledger, r, map[string]int{client(1): size})
		leaves := consistent(t, db, ledger, client(1))
		restore := backUp(t, db)
		for name, tt := range map[string]struct {
			statement string
			want      string // of the first problem; empty: there is none
		}{
			"one deleted": {`DELETE FROM audit_index WHERE field = 6 AND value = 'p_1' AND block = 7`,
				"the index of the events from here to 4479 says something else than these: actor"},
			"all of a value deleted": {`DELETE FROM audit_index WHERE field = 14 AND value = 'd_2' AND block >= 64`,
				"the index of the events from here to 4479 says something else than these: document"},
			"bits changed": {`UPDATE audit_index SET bits = bits - 1 WHERE field = 4 AND value = 'deny' AND block = 69 AND bits <> 0`,
				"the index of the events from here to 4479 says something else than these: outcome"},
			"a value changed": {`UPDATE audit_index SET value = 'p_9' WHERE field = 15 AND value = 'p_2' AND block = 0`,
				"the index of the events from here to 4479 says something else than these: refused actor"},
			"moved to another ledger": {`UPDATE audit_index SET ledger = '` + client(2) + `' WHERE field = 5 AND value = 'site' AND block = 1`,
				"the index of the events from here to 4479 says something else than these: reason"},
			"one added": {`INSERT INTO audit_index VALUES ('` + client(1) + `', 6, 'p_7', 3, 1)`,
				"the index of the events from here to 4479 says something else than these: actor"},
			"one of an unknown field": {`INSERT INTO audit_index VALUES ('` + client(1) + `', 16, 'p_7', 3, 1)`,
				"the index of the events from here to 4479 says something else than these: an unknown field"},
			// The search for first refusals begins with the lowest block.
			"one before the first block": {`INSERT INTO audit_index VALUES ('` + client(1) + `', 15, 'p_2', -300, 1)`,
				"the index of the events from here to 4479 says something else than these: refused actor"},
			// No search comes there, and a verification while events come in finds such
			// rows.
			"one beyond the index": {`INSERT INTO audit_index VALUES ('` + client(1) + `', 6, 'p_7', 70, 1)`, ""},
			"raised":               {`UPDATE audit_head SET indexed = 71`, "the head says that 71 blocks of events are indexed, and the events fill 70"},
			"raised beyond all":    {`UPDATE audit_head SET indexed = 9223372036854775807`, "the head says that 9223372036854775807 blocks of events are indexed, and the events fill 70"},
			"lowered":              {`UPDATE audit_head SET indexed = 60`, ""},
			"lowered to nothing":   {`UPDATE audit_head SET indexed = -7`, ""},
		} {
			t.Run(name, func(t *testing.T) {
				restore()
				execute(t, db, tt.statement)
				var got string
				if problems := problemsOf(t, db, ledger, client(1)); len(problems) > 0 {
					if got = problems[0].Detail; problems[0].Kind != verify.KindIndex {
						t.Errorf("it is a problem of the kind %s", problems[0].Kind)
					}
				}
				if got != tt.want {
					t.Errorf("it says %q, want %q", got, tt.want)
				}
				if tt.want == "" {
					answers(t, ledger, client(1), leaves, r, 3)
				}
			})
		}
		restore()
		for _, indexed := range []int{69, 60, 0, -7} {
			execute(t, db, fmt.Sprintf(`UPDATE audit_head SET indexed = %d`, indexed))
			mustStage(t, ledger, db, client(1), randomEvent(r))
			if err := ledger.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			consistent(t, db, ledger, client(1))
			if _, blocks := stored(t, db, client(1)); blocks < size/64 {
				t.Errorf("lowered to %d: %d are indexed", indexed, blocks)
			}
		}
	})
}

// TestUnreadableEventIsLeftOut: an unreadable leaf gets no index row, and does not stop
// the sequencer.
func TestUnreadableEventIsLeftOut(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		for n := range 65 {
			mustStage(t, ledger, db, client(1), read(n))
		}
		if err := ledger.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		execute(t, db, `UPDATE audit_event SET leaf = CAST('x' AS bytea) WHERE seq = 3`)
		execute(t, db, `UPDATE audit_head SET indexed = 0`)
		execute(t, db, `DELETE FROM audit_index`)
		mustStage(t, ledger, db, client(1), read(65))
		if err := ledger.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, blocks := stored(t, db, client(1))
		if i := slices.IndexFunc(got, func(p audit.IndexRow) bool { return p.Field == 2 }); blocks != 1 || got[i].Bits != ^uint64(1<<3) {
			t.Errorf("%d blocks, %v", blocks, got[i])
		}
	})
}

// The database refuses to change index rows with the gateway's rights.
func TestTheIndexIsAppendOnly(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		fillRandomly(t, ledger, rand.New(rand.NewPCG(4, 51)), map[string]int{client(1): 64})
		refused := []string{`UPDATE audit_index SET bits = 0`, `UPDATE audit_index SET value = 'p_7' WHERE value = 'p_1'`,
			`DELETE FROM audit_index WHERE field = 6`}
		if db.PostgreSQL() {
			refused = append(refused, `TRUNCATE audit_index`)
		}
		for _, statement := range refused {
			if _, err := db.Writer().ExecContext(t.Context(), statement); err == nil {
				t.Errorf("allowed: %s", statement)
			}
		}
		consistent(t, db, ledger, client(1))
	})
}
