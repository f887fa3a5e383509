package verify_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// index computes the index rows of the first blocks.
func postings(rows []verify.Row, blocks int64) []verify.IndexRow {
	bits := map[verify.IndexRow]uint64{}
	for _, r := range rows {
		if r.Seq/64 >= blocks {
			break
		}
		c, refused := r.Columns, ""
		if c["outcome"] == string(event.OutcomeDeny) {
			refused = c["actor"]
		}
		for i, value := range []string{c["action"], c["kind"], c["phase"], c["outcome"], c["reason"], c["actor"], c["organisation"],
			c["role"], c["site"], c["country"], c["contract"], c["provider"], c["batch"], c["document"], refused} {
			if value != "" {
				bits[verify.IndexRow{Field: int64(i + 1), Value: value, Block: r.Seq / 64}] |= 1 << (r.Seq % 64)
			}
		}
	}
	var list []verify.IndexRow
	for p, b := range bits {
		p.Bits = b
		list = append(list, p)
	}
	return list // in no order
}

func given(blocks int64, list []verify.IndexRow) *verify.Index {
	return &verify.Index{Blocks: blocks, All: func(yield func(verify.IndexRow, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	}}
}

// manyRows are n rows with several people, documents and outcomes, made up faster than a
// ledger is.
func manyRows(t *testing.T, n int) []verify.Row {
	t.Helper()
	rows := make([]verify.Row, n)
	for seq := range rows {
		e := draft(seq)
		e.Phase, e.Grant = event.PhaseState, ""
		e.Actor, e.Document = id("p", seq%5), id("d", seq/100)
		e.Organisation, e.Role, e.Site, e.Country = id("o", seq%2), "handler", "tunis", "TN"
		if seq%7 == 3 {
			e.Outcome = event.OutcomeDeny
		}
		rows[seq] = bare(t, e)
	}
	return rows
}

// A person with the database can hide an event from queries by a changed index row. Each
// change is named, with its stretch and field.
func TestTamperedIndexRows(t *testing.T) {
	needs.Parallel(t)
	const blocks, stretch = 260, 256
	rows := manyRows(t, blocks*64+9)
	whole := postings(rows, blocks)
	of := func(list []verify.IndexRow, field, block int64) (found []int) {
		for i, p := range list {
			if p.Field == field && p.Block == block {
				found = append(found, i)
			}
		}
		return found
	}
	first, second := "the index of the events from here to 16383 says something else than these: ", "the index of the events from here to 16639 says something else than these: "
	for name, tt := range map[string]struct {
		tamper func(list []verify.IndexRow) []verify.IndexRow
		want   []string
	}{
		"nothing":          {func(list []verify.IndexRow) []verify.IndexRow { return list }, nil},
		"in another order": {func(list []verify.IndexRow) []verify.IndexRow { slices.Reverse(list); return list }, nil},
		"the bits of two exchanged": {func(list []verify.IndexRow) []verify.IndexRow {
			at := of(list, 6, 3)
			list[at[0]].Bits, list[at[1]].Bits = list[at[1]].Bits, list[at[0]].Bits
			return list
		}, []string{first + "actor"}},
		"the blocks of two exchanged": {func(list []verify.IndexRow) []verify.IndexRow {
			a, b := of(list, 14, 3)[0], of(list, 14, 4)[0]
			list[a].Block, list[b].Block = list[b].Block, list[a].Block
			return list
		}, []string{first + "document"}},
		"the fields of two exchanged": {func(list []verify.IndexRow) []verify.IndexRow {
			a, b := of(list, 1, 3)[0], of(list, 2, 3)[0]
			list[a].Field, list[b].Field = list[b].Field, list[a].Field
			return list
		}, []string{first + "action, kind"}},
		"the values of two exchanged": {func(list []verify.IndexRow) []verify.IndexRow {
			at := of(list, 15, 9)
			list[at[0]].Value, list[at[1]].Value = list[at[1]].Value, list[at[0]].Value
			return list
		}, []string{first + "refused actor"}},
		"one moved to another block": {func(list []verify.IndexRow) []verify.IndexRow {
			list[of(list, 4, 3)[0]].Block = 100
			return list
		}, []string{first + "outcome"}},
		"one moved to another stretch": {func(list []verify.IndexRow) []verify.IndexRow {
			list[of(list, 6, 3)[0]].Block = stretch
			return list
		}, []string{first + "actor", second + "actor"}},
		"one moved to another field": {func(list []verify.IndexRow) []verify.IndexRow {
			list[of(list, 6, 257)[0]].Field = 15
			return list
		}, []string{second + "actor, refused actor"}},
		"one moved to no field": {func(list []verify.IndexRow) []verify.IndexRow {
			list[of(list, 6, 0)[0]].Field = 16
			return list
		}, []string{first + "actor, an unknown field"}},
		"one twice": {func(list []verify.IndexRow) []verify.IndexRow { return append(list, list[of(list, 1, 0)[0]]) }, []string{first + "action"}},
		"two twice, in one sum": {func(list []verify.IndexRow) []verify.IndexRow {
			at := of(list, 6, 3)
			return append(list, list[at[0]], list[at[1]])
		}, []string{first + "actor"}},
		"one away": {func(list []verify.IndexRow) []verify.IndexRow {
			i := of(list, 3, 259)[0]
			return slices.Delete(list, i, i+1)
		}, []string{second + "phase"}},
		"another bit": {func(list []verify.IndexRow) []verify.IndexRow {
			list[of(list, 15, 255)[0]].Bits ^= 1 << 63
			return list
		}, []string{first + "refused actor"}},
		"without bits": {func(list []verify.IndexRow) []verify.IndexRow {
			return append(list, verify.IndexRow{6, "p_none", 2, 0})
		}, []string{first + "actor"}},
		"all away": {func(list []verify.IndexRow) []verify.IndexRow { return nil }, []string{
			first + "action, actor, batch, contract, country, document, kind, organisation, outcome, phase, provider, reason, refused actor, role, site",
			second + "action, actor, batch, contract, country, document, kind, organisation, outcome, phase, provider, reason, refused actor, role, site"}},
		// The search for first refusals takes the lowest block: a block below 0 would
		// hide a refusal.
		"one before the first block": {func(list []verify.IndexRow) []verify.IndexRow {
			return append(list, verify.IndexRow{15, rows[3].Columns["actor"], -1000, 1})
		}, []string{first + "refused actor"}},
		// No search reads such rows before the head says that they are indexed. A good
		// row may have come in since the head was read. A later verification finds the
		// others.
		"one beyond what is posted": {func(list []verify.IndexRow) []verify.IndexRow {
			return append(list, verify.IndexRow{6, "p_none", blocks, 1}, verify.IndexRow{6, "p_none", 1 << 40, 1})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			report := verified(t, rows, verify.Evidence{Ledger: client, Index: given(blocks, tt.tamper(slices.Clone(whole)))})
			var got []string
			for i, p := range report.Problems {
				if got = append(got, p.Detail); p.Kind != verify.KindIndex || p.Seq%(stretch*64) != 0 || i > 0 && p.Seq <= report.Problems[i-1].Seq {
					t.Errorf("%+v", p)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Rows that come in during a verification are indexed by its end; rows beyond that are
// forged.
func TestIndexRowsOfEventsToCome(t *testing.T) {
	const blocks = 3
	rows := manyRows(t, blocks*64+9)
	whole := postings(rows, blocks)
	for now, want := range map[int64]int{blocks: 1, blocks + 1: 0} {
		g := given(blocks, append(slices.Clone(whole), verify.IndexRow{Field: 6, Value: "p_none", Block: blocks, Bits: 1}))
		g.Now = func() (int64, error) { return now, nil }
		if report := verified(t, rows, verify.Evidence{Ledger: client, Index: g}); len(report.Problems) != want {
			t.Errorf("%d blocks posted by the end: %v", now, report.Problems)
		}
	}
}

// The head may say that any number of full blocks is indexed; only a larger number is an
// error.
func TestPostedBlocks(t *testing.T) {
	rows := manyRows(t, 3*64+63)
	for posted, want := range map[int64]int{-5: 0, 0: 0, 1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 1 << 62: 1} {
		t.Run(fmt.Sprint(posted), func(t *testing.T) {
			report := verified(t, rows, verify.Evidence{Ledger: client, Index: given(posted, postings(rows, 4))})
			if len(report.Problems) != want {
				t.Errorf("%+v", report.Problems)
			}
		})
	}
	t.Run("of no events", func(t *testing.T) {
		if report := verified(t, nil, verify.Evidence{Ledger: client, Index: given(0, nil)}); len(report.Problems) > 0 {
			t.Errorf("%+v", report.Problems)
		}
		if report := verified(t, nil, verify.Evidence{Ledger: client, Index: given(1, nil)}); len(report.Problems) != 1 {
			t.Errorf("a block of no events is posted: %+v", report.Problems)
		}
	})
}

// A disordered copy is told apart from wrong index rows, because the rows go by an
// event's place.
func TestIndexRowsOfADisorderedCopy(t *testing.T) {
	whole := manyRows(t, 200)
	for name, tamper := range map[string]func(rows []verify.Row) []verify.Row{
		"an event before the first": func(rows []verify.Row) []verify.Row { rows[0].Seq = -1; return rows },
		"an event far beyond":       func(rows []verify.Row) []verify.Row { rows[199].Seq = 1 << 62; return rows },
		"an event twice":            func(rows []verify.Row) []verify.Row { return slices.Insert(rows, 8, rows[8]) },
	} {
		t.Run(name, func(t *testing.T) {
			if report := verified(t, tamper(cloned(whole)), verify.Evidence{Ledger: client, Index: given(3, postings(whole, 3))}); report.OK() {
				t.Error("OK")
			}
		})
	}
}

// A database whose index rows cannot be read is not verified.
func TestUnreadableIndexRows(t *testing.T) {
	rows, broken := manyRows(t, 64), errors.New("broken")
	all := iter.Seq2[verify.IndexRow, error](func(yield func(verify.IndexRow, error) bool) { yield(verify.IndexRow{}, broken) })
	_, err := verify.Copy(t.Context(), copyOf(rows), verify.Evidence{Ledger: client, Index: &verify.Index{Blocks: 1, All: all}})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
}
