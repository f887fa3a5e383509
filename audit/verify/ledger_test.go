package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
)

const (
	client = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"
	origin = "bordereau.example/audit/" + client
)

// patience is longer than any wait that ends well, on the slowest machine.
const patience = 10 * time.Minute

// A ledger of the tests is built from the leaves with every hash kept, which is slow and
// plain.
type ledger struct {
	rows   []verify.Row
	hashes []tlog.Hash
}

func (l *ledger) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, i := range indexes {
		hashes = append(hashes, l.hashes[i])
	}
	return hashes, nil
}

// id is an identifier that is the same in every run.
func id(prefix string, n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", prefix, n))
	var s strings.Builder
	for _, b := range sum[:26] {
		s.WriteByte(alphabet[b%32])
	}
	return prefix + "_" + s.String()
}

// at is the time of the event with the sequence number.
func at(seq int) time.Time {
	return time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Millisecond)
}

// draft is the event with the sequence number: grants at 3n, their ends at 3n+1,
// questions at 3n+2.
func draft(seq int) event.Event {
	e := event.Event{
		Ledger: client, Seq: int64(seq), Time: at(seq), ID: id("e", seq), Occurred: at(seq), Phase: event.PhaseState,
		Action: "audit.query", Outcome: event.OutcomeAllow, Reason: "allowed", Actor: id("p", seq%5),
		Contract: id("c", 1), Provider: id("o", 2), Node: "gw-1",
	}
	switch seq % 3 {
	case 0:
		e.Phase, e.Action, e.Batch, e.Document = event.PhaseGrant, "document.read", id("b", 1), id("d", seq/3)
	case 1:
		e.Phase, e.Action, e.Batch, e.Document = event.PhaseCompleted, "document.read", id("b", 1), id("d", seq/3)
		e.Grant, e.Bytes, e.Length = id("e", seq-1), 10, 10
	}
	return e
}

// sealed is an event as a row of a copy, with the erasable data whose salt is the same in
// every run.
func sealed(t testing.TB, e event.Event) verify.Row {
	t.Helper()
	opening := event.Opening{Clear: `{"address":"192.0.2.7"}`, Salt: bytes.Repeat([]byte{byte(e.Seq)}, event.SaltBytes)}
	e.Commitment = opening.Commitment()
	row := bare(t, e)
	row.Private = &opening
	return row
}

// bare is an event as a row without the erasable data.
func bare(t testing.TB, e event.Event) verify.Row {
	t.Helper()
	leaf, err := e.Leaf()
	if err != nil {
		t.Fatal(err)
	}
	return verify.Row{Seq: e.Seq, Leaf: leaf, Columns: verify.Columns{
		"time": strconv.FormatInt(e.Time.UnixMicro(), 10), "bytes": strconv.FormatInt(e.Bytes, 10), "event": e.ID,
		"action": string(e.Action), "outcome": string(e.Outcome), "reason": e.Reason, "actor": e.Actor, "contract": e.Contract,
		"provider": e.Provider, "batch": e.Batch, "document": e.Document, "phase": string(e.Phase), "kind": string(e.Action.Kind()),
		"organisation": e.Organisation, "role": e.Role, "site": e.Site, "country": e.Country,
	}}
}

func (l *ledger) append(t testing.TB, row verify.Row) {
	t.Helper()
	hashes, err := tlog.StoredHashes(int64(len(l.rows)), row.Leaf, l)
	if err != nil {
		t.Fatal(err)
	}
	l.rows = append(l.rows, row)
	l.hashes = append(l.hashes, hashes...)
}

// newLedger is a ledger of n events.
func newLedger(t testing.TB, n int) *ledger {
	t.Helper()
	l := &ledger{}
	for seq := range n {
		l.append(t, sealed(t, draft(seq)))
	}
	return l
}

// ledgerOf is a ledger that its operator rewrote: any rows, with a tree that fits them.
func ledgerOf(t testing.TB, rows []verify.Row) *ledger {
	t.Helper()
	l := &ledger{}
	for _, row := range rows {
		l.append(t, row)
	}
	return l
}

// checkpoint signs the ledger at a size.
func (l *ledger) checkpoint(t testing.TB, size int, key note.Signer) []byte {
	t.Helper()
	root, err := tlog.TreeHash(int64(size), l)
	if err != nil {
		t.Fatal(err)
	}
	return signedText(t, fmt.Sprintf("%s\n%d\n%s\n", key.Name(), size, root), key)
}

func signedText(t testing.TB, text string, key note.Signer) []byte {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// newKey is a log's key pair, the same in every run for the same seed.
func newKey(t testing.TB, name, seed string) (signer note.Signer, verifier string) {
	t.Helper()
	private, public, err := note.GenerateKey(io.MultiReader(strings.NewReader(seed), zeros{}), name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err = note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// copyOf returns rows as a copy does; each may be changed without changing the ledger.
func copyOf(rows []verify.Row) iter.Seq2[verify.Row, error] {
	return func(yield func(verify.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func verified(t testing.TB, rows []verify.Row, against verify.Evidence) *verify.Report {
	t.Helper()
	report, err := verify.Copy(context.Background(), copyOf(rows), against)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// finding is a problem without its detail.
type finding struct {
	Kind verify.Kind
	Seq  int64
}

func findings(r *verify.Report) []finding {
	var found []finding
	for _, p := range r.Problems {
		found = append(found, finding{p.Kind, p.Seq})
	}
	return found
}

// cloned is a deep copy of rows, to be tampered with.
func cloned(rows []verify.Row) []verify.Row {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Leaf = bytes.Clone(rows[i].Leaf)
		rows[i].Columns = maps.Clone(rows[i].Columns)
		if rows[i].Private != nil {
			private := *rows[i].Private
			private.Salt = bytes.Clone(private.Salt)
			rows[i].Private = &private
		}
	}
	return rows
}
