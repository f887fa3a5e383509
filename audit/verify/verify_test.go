package verify_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

func TestGoodCopy(t *testing.T) {
	l := newLedger(t, 20)
	key, vkey := newKey(t, origin, "log")
	got := verified(t, l.rows, verify.Evidence{
		Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 20, key),
		Older: [][]byte{l.checkpoint(t, 13, key), l.checkpoint(t, 0, key), l.checkpoint(t, 20, key)},
	})
	if !got.OK() {
		t.Errorf("not OK: %v", got.Problems)
	}
	root := got.Root
	if !strings.Contains(string(l.checkpoint(t, 20, key)), "\n"+root+"\n") {
		t.Errorf("root %s is not that of the checkpoint", root)
	}
	want := &verify.Report{
		Ledger: client, Events: 20, Root: root, From: at(0), Until: at(19), Checkpoint: 20, Proven: 20, Older: 3,
		OpenGrants: []verify.Grant{}, Problems: []verify.Problem{}, NotChecked: []string{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := got.Statement(); !strings.HasPrefix(s, "OK. Ledger "+client+", events in the copy: 20, problems found: 0. From the first on, 20 are") || !strings.Contains(s, "Completeness beyond the checkpoint is not claimed") {
		t.Error(s)
	}
}

// The tree of every size is the one that tlog makes with all hashes at hand, and no other
// root passes.
func TestEverySize(t *testing.T) {
	const n = 260
	l := newLedger(t, n)
	key, vkey := newKey(t, origin, "log")
	var good, bad [][]byte
	for size := range n + 1 {
		good = append(good, l.checkpoint(t, size, key))
		bad = append(bad, l.checkpoint(t, (size+n/2)%n, key))
	}
	got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: good[n], Older: good})
	if !got.OK() || got.Older != n+1 {
		t.Errorf("%d of %d checkpoints agree: %v", got.Older, n+1, got.Problems)
	}
	for size := range bad {
		bad[size] = withSize(t, bad[size], size)
	}
	got = verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: good[n], Older: bad})
	if got.Older != 0 || got.Found != n+1 {
		t.Errorf("%d wrong checkpoints agree, %d found", got.Older, got.Found)
	}
}

// withSize signs the root of a checkpoint again, as that of another size.
func withSize(t *testing.T, signed []byte, size int) []byte {
	t.Helper()
	key, _ := newKey(t, origin, "log")
	lines := strings.Split(string(signed), "\n")
	return signedText(t, lines[0]+"\n"+itoa(size)+"\n"+lines[2]+"\n", key)
}

func TestEmptyLedger(t *testing.T) {
	key, vkey := newKey(t, origin, "log")
	got := verified(t, nil, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: (&ledger{}).checkpoint(t, 0, key)})
	if !got.OK() || got.Proven != 0 {
		t.Errorf("%+v", got)
	}
}

func TestNoCheckpoint(t *testing.T) {
	got := verified(t, newLedger(t, 5).rows, verify.Evidence{Ledger: client})
	if got.OK() || got.Found != 0 || got.Proven != 0 || len(got.NotChecked) != 1 {
		t.Errorf("%+v", got)
	}
	if s := got.Statement(); !strings.HasPrefix(s, "NOT PROVEN:") || strings.Contains(s, "exactly those") {
		t.Error(s)
	}
}

func TestOnlyOlderCheckpoint(t *testing.T) {
	l := newLedger(t, 5)
	key, vkey := newKey(t, origin, "log")
	got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Older: [][]byte{l.checkpoint(t, 3, key)}})
	if got.OK() || got.Found != 0 || got.Proven != 3 || got.Older != 1 || len(got.NotChecked) != 1 {
		t.Errorf("%+v", got)
	}
}

// An old checkpoint given as the newest hides nothing: the report counts the events that
// it does not cover.
func TestOldCheckpointAsNewest(t *testing.T) {
	l := newLedger(t, 20)
	key, vkey := newKey(t, origin, "log")
	got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 12, key)})
	if !got.OK() || got.Checkpoint != 12 || got.Proven != 12 || got.Events != 20 {
		t.Errorf("%+v", got)
	}
	if s := got.Statement(); !strings.Contains(s, "No checkpoint covers the other 8.") {
		t.Error(s)
	}
}

func TestErasedPrivateHalves(t *testing.T) {
	l := newLedger(t, 6)
	key, vkey := newKey(t, origin, "log")
	rows := cloned(l.rows)
	rows[1].Private, rows[4].Private = nil, nil
	against := verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 6, key)}
	got := verified(t, rows, against)
	if f := findings(got); len(f) != 1 || f[0] != (finding{verify.KindErased, verify.NoSeq}) {
		t.Errorf("a database without them, and without a word about it: %v", f)
	}
	rows[1].Columns, rows[4].Columns = nil, nil
	got = verified(t, rows, against)
	if !got.OK() || got.Erased != 2 || len(got.NotChecked) != 1 || !strings.Contains(got.Statement(), "The erasable data of 2 is not in the copy") {
		t.Errorf("%+v", got)
	}
}

// A copy without the index, as an export is, can be proven too.
func TestNoColumns(t *testing.T) {
	l := newLedger(t, 6)
	key, vkey := newKey(t, origin, "log")
	rows := cloned(l.rows)
	for i := range rows {
		rows[i].Columns = nil
	}
	got := verified(t, rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 6, key)})
	if !got.OK() {
		t.Errorf("%+v", got)
	}
}

func TestOpenGrants(t *testing.T) {
	l := newLedger(t, 7) // the last event is a grant
	key, vkey := newKey(t, origin, "log")
	got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, 7, key)})
	if !got.OK() || got.Open != 1 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]verify.Grant{{Seq: 6, ID: id("e", 6)}}, got.OpenGrants); diff != "" {
		t.Error(diff)
	}
}

// ending is a way in which an access may end, in a ledger of a faulty or dishonest
// gateway.
type ending struct {
	events []event.Event
	want   []finding
	open   int64
}

// Two endings are vectors too: a process that was taken for dead records its end once,
// and twice.
const toldLate, toldLateTwice = "unknown, then told by a node that was only slow", "unknown, then told twice"

func endings() map[string]ending {
	end := func(seq int, change func(*event.Event)) event.Event {
		e := draft(1)
		e.Seq, e.Time, e.ID = int64(seq), at(seq), id("e", seq)
		change(&e)
		return e
	}
	keep := func(*event.Event) {}
	refused := func(e *event.Event) { e.Outcome, e.Reason = event.OutcomeDeny, "contract-terminated" }
	aborted := func(e *event.Event) { e.Phase, e.Outcome, e.Reason = event.PhaseAborted, event.OutcomeError, "failed" }
	unknown := func(e *event.Event) {
		e.Phase, e.Outcome, e.Reason = event.PhaseUnknown, event.OutcomeError, "node-lost"
	}
	another := func(e *event.Event) { e.Document = id("d", 99) }
	refusedGrant := draft(0)
	refused(&refusedGrant)
	return map[string]ending{
		"completed":                              {[]event.Event{draft(0), end(1, keep)}, nil, 0},
		"aborted":                                {[]event.Event{draft(0), end(1, aborted)}, nil, 0},
		"unknown":                                {[]event.Event{draft(0), end(1, func(e *event.Event) { e.Phase = event.PhaseUnknown })}, nil, 0},
		toldLate:                                 {[]event.Event{draft(0), end(1, unknown), end(2, keep)}, nil, 0},
		toldLateTwice:                            {[]event.Event{draft(0), end(1, unknown), end(2, keep), end(3, aborted)}, []finding{{verify.KindGrant, 3}}, 0},
		"unknown twice":                          {[]event.Event{draft(0), end(1, unknown), end(2, unknown)}, []finding{{verify.KindGrant, 2}}, 0},
		"unknown, then told of another document": {[]event.Event{draft(0), end(1, unknown), end(2, another)}, []finding{{verify.KindGrant, 2}}, 0},
		"unknown, then refused at its end":       {[]event.Event{draft(0), end(1, unknown), end(2, refused), end(3, aborted)}, nil, 0},
		"told, then unknown":                     {[]event.Event{draft(0), end(1, keep), end(2, unknown)}, []finding{{verify.KindGrant, 2}}, 0},
		"refused at its end, then given up":      {[]event.Event{draft(0), end(1, refused), end(2, aborted)}, nil, 0},
		"refused at its end":                     {[]event.Event{draft(0), end(1, refused)}, nil, 1},
		"twice":                                  {[]event.Event{draft(0), end(1, keep), end(2, aborted)}, []finding{{verify.KindGrant, 2}}, 0},
		"of no grant":                            {[]event.Event{draft(0), end(1, func(e *event.Event) { e.Grant = "" })}, []finding{{verify.KindGrant, 1}}, 1},
		"of an unknown grant":                    {[]event.Event{draft(0), end(1, func(e *event.Event) { e.Grant = id("e", 99) })}, []finding{{verify.KindGrant, 1}}, 1},
		"with another document":                  {[]event.Event{draft(0), end(1, another)}, []finding{{verify.KindGrant, 1}}, 1},
		"of a refused grant":                     {[]event.Event{refusedGrant, end(1, keep)}, []finding{{verify.KindGrant, 1}}, 0},
		"of a change": {[]event.Event{draft(0), end(1, keep), draft(2), end(3, func(e *event.Event) { e.Grant = id("e", 2) })},
			[]finding{{verify.KindGrant, 3}}, 0},
	}
}

// ledger is the ledger of an ending. Its checkpoint is good.
func (e ending) ledger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{}
	for _, e := range e.events {
		l.append(t, bare(t, e))
	}
	return l
}

func TestEndsOfGrants(t *testing.T) {
	for name, tt := range endings() {
		t.Run(name, func(t *testing.T) {
			l := tt.ledger(t)
			key, vkey := newKey(t, origin, "log")
			got := verified(t, l.rows, verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(t, len(l.rows), key)})
			if diff := cmp.Diff(tt.want, findings(got)); diff != "" {
				t.Error(diff)
			}
			if got.Open != tt.open {
				t.Errorf("%d open, want %d", got.Open, tt.open)
			}
		})
	}
}

// The second verifier takes the same endings for good.
func TestSecondVerifierAgreesOnEndsOfGrants(t *testing.T) {
	needs.Parallel(t)
	key, public := vectorKey(t)
	for name, tt := range endings() {
		t.Run(name, func(t *testing.T) {
			l := tt.ledger(t)
			folder := filepath.Join(t.TempDir(), client)
			if err := os.CopyFS(folder, l.folder(t, key, len(l.rows))); err != nil {
				t.Fatal(err)
			}
			if ok, answer := second(t, folder, "--key", public); ok != (len(tt.want) == 0) {
				t.Error(answer)
			}
		})
	}
}

func TestCopyStopsAtAnError(t *testing.T) {
	l := newLedger(t, 5)
	broken := errors.New("disk broke")
	rows := func(yield func(verify.Row, error) bool) {
		if yield(l.rows[0], nil) {
			yield(verify.Row{}, broken)
		}
	}
	if r, err := verify.Copy(context.Background(), rows, verify.Evidence{Ledger: client}); !errors.Is(err, broken) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
}

func TestCopyStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var endless iter.Seq2[verify.Row, error] = func(yield func(verify.Row, error) bool) {
		row := newLedger(t, 1).rows[0]
		for yield(row, nil) {
			cancel()
		}
	}
	if _, err := verify.Copy(ctx, endless, verify.Evidence{Ledger: client}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestEvidenceThatIsNone(t *testing.T) {
	_, vkey := newKey(t, origin, "log")
	for name, against := range map[string]verify.Evidence{
		"no ledger":                {Key: vkey},
		"a ledger that is no name": {Ledger: "o_A", Key: vkey},
		"no key":                   {Ledger: client, Checkpoint: []byte("a")},
		"no key for older":         {Ledger: client, Older: [][]byte{[]byte("a")}},
		"broken key":               {Ledger: client, Key: vkey + "A"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := verify.Copy(context.Background(), copyOf(nil), against); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// A copy that is wrong in every row does not fill the memory with complaints.
func TestManyProblems(t *testing.T) {
	l := newLedger(t, 1)
	rows := make([]verify.Row, 3000)
	for i := range rows {
		rows[i] = verify.Row{Seq: l.rows[0].Seq, Leaf: []byte("nonsense")}
	}
	got := verified(t, rows, verify.Evidence{Ledger: client})
	if got.Found != 5999 || len(got.Problems) != 1000 {
		t.Errorf("%d found, %d listed", got.Found, len(got.Problems))
	}
}
