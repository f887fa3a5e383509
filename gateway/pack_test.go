package gateway_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

// packed exports a pack.
func packed(t *testing.T, w *gatewaytest.World, who gateway.Caller, q gateway.PackQuestion) []byte {
	t.Helper()
	p, err := w.Gateway.ExportPack(t.Context(), who, string(w.Client), q)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Send(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verifiedPack(t *testing.T, w *gatewaytest.World, pack []byte, older ...[]byte) *verify.PackReport {
	t.Helper()
	report, err := verify.Pack(t.Context(), bytes.NewReader(pack), int64(len(pack)),
		verify.PackEvidence{Key: w.Ledger.VerifierKey(string(w.Client)), Older: older})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// member reads a file of a pack with another archive reader than the verifier's.
func member(t *testing.T, pack []byte, name string) string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := r.Open(name)
	if err != nil {
		return ""
	}
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The verifier proves what the gateway packs: question, events, erasable data, terms, and
// that the ledger has only grown.
func TestEvidencePack(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t)
		batch, documents := w.Sent(t, 1)
		kept, err := w.Ledger.Checkpoint(t.Context(), string(w.Client))
		if err != nil {
			t.Fatal(err)
		}
		tree, err := w.Ledger.Tree(t.Context(), string(w.Client))
		if err != nil {
			t.Fatal(err)
		}
		w.Taken(t, batch)
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Fatal(err)
		}
		pack := packed(t, w, w.Officer, gateway.PackQuestion{Since: tree.Size()})
		got := verifiedPack(t, w, pack, kept)
		if !got.Proves() || len(got.NotChecked) != 0 {
			t.Fatalf("%v, not checked %v", got.Problems, got.NotChecked)
		}
		if got.Events != got.Checkpoint || got.Proven != got.Events || got.Older != 1 || got.Contracts != 2 || got.Erased != 0 {
			t.Errorf("%+v", got)
		}
		if got.Asked.By != string(w.Officer.Person) || !strings.Contains(got.Asked.Question, `"Since"`) {
			t.Errorf("asked %+v", got.Asked)
		}
		if terms := member(t, pack, "contracts/"+string(w.Contract)+"/1"); terms != string(gatewaytest.Terms("MOTOR-1", w.Client, w.Provider)) {
			t.Errorf("terms %q", terms)
		}

		one := verifiedPack(t, w, packed(t, w, w.Officer, gateway.PackQuestion{LedgerQuestion: gateway.LedgerQuestion{Question: "who-read",
			Query: gateway.EventQuery{Document: string(documents[0].ID)}}}))
		if !one.Proves() || one.Events != 2 || one.Checkpoint <= got.Checkpoint {
			t.Errorf("%+v", one)
		}
		none := verifiedPack(t, w, packed(t, w, w.Officer, gateway.PackQuestion{LedgerQuestion: gateway.LedgerQuestion{
			Query: gateway.EventQuery{Reason: "never"}}}))
		if !none.Proves() || none.Events != 0 {
			t.Errorf("%+v", none)
		}
	})
}

// The ledger's key was replaced. A pack contains the statement that leads from the old
// key to the new one, and both keys prove the pack.
func TestEvidencePackOfAnotherKey(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := gatewaytest.New(t, gatewaytest.Config{Database: db}).World(t)
		first := w.Ledger.VerifierKey(string(w.Client))
		kept, err := w.Ledger.Checkpoint(t.Context(), string(w.Client))
		if err != nil {
			t.Fatal(err)
		}
		tree, err := w.Ledger.Tree(t.Context(), string(w.Client))
		if err != nil {
			t.Fatal(err)
		}
		next := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{42}, ed25519.SeedSize))
		if _, err := w.Ledger.RotateKey(t.Context(), next, event.Event{Actor: "system"}); err != nil {
			t.Fatal(err)
		}
		pack := packed(t, w, w.Officer, gateway.PackQuestion{Since: tree.Size()})
		for _, key := range []string{first, w.Ledger.VerifierKey(string(w.Client))} {
			got, err := verify.Pack(t.Context(), bytes.NewReader(pack), int64(len(pack)), verify.PackEvidence{Key: key, Older: [][]byte{kept}})
			if err != nil || !got.Proves() || got.Older != 1 || len(got.NotChecked) != 0 {
				t.Errorf("%s: %+v, %v", key, got, err)
			}
		}
		if first == w.Ledger.VerifierKey(string(w.Client)) || member(t, pack, fmt.Sprintf("keys/%020d", tree.Size())) == "" {
			t.Error("the key is the same, or its statement is not in the pack")
		}
	})
}

// A verifier in another language, written from the description of the format, proves what
// the gateway packs.
func TestSecondVerifierProvesEvidencePack(t *testing.T) {
	python := needs.Program(t, "python3", "", "apt-get install python3")
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, documents := w.Sent(t, 1)
	w.Taken(t, batch)
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]gateway.PackQuestion{
		"all": {},
		"some": {Since: 3, LedgerQuestion: gateway.LedgerQuestion{Question: "who-read", Query: gateway.EventQuery{Contract: string(w.Contract),
			From: w.Clock.Now().Add(-time.Hour), To: w.Clock.Now().Add(time.Hour)}}},
	} {
		file := filepath.Join(t.TempDir(), "pack.zip")
		if err := os.WriteFile(file, packed(t, w, w.Officer, q), 0o600); err != nil {
			t.Fatal(err)
		}
		answer, err := exec.CommandContext(t.Context(), python, "../tools/verify-python/verify.py", "--pack", file,
			"--key", w.Ledger.VerifierKey(string(w.Client))).Output()
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, answer)
		}
	}
}

// An export is an access with two events. It is granted before anything can leave, and
// its end says how much left.
func TestEvidencePackIsRecorded(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	pack := packed(t, w, w.Officer, gateway.PackQuestion{})
	if _, err := w.Gateway.ExportPack(t.Context(), w.Officer, string(w.Client), gateway.PackQuestion{Since: 1 << 40}); err == nil {
		t.Fatal("a ledger of 2^40 events")
	}
	broken, err := w.Gateway.ExportPack(t.Context(), w.Officer, string(w.Client), gateway.PackQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	if err := broken.Send(t.Context(), &failing{}); err == nil {
		t.Error("sent to a receiver that fails")
	}
	closed, err := w.Gateway.ExportPack(t.Context(), w.Officer, string(w.Client), gateway.PackQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	events, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), gateway.EventQuery{Action: "audit.export"})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		told = append(told, string(e.Phase)+" "+string(e.Outcome)+" "+e.Reason)
	}
	want := []string{"aborted error client-gone", "grant allow allowed", "aborted error client-gone", "grant allow allowed",
		"aborted error invalid-parameter", "grant allow allowed", "completed allow allowed", "grant allow allowed"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if n := len(events); n == 8 && (events[6].Bytes != int64(len(pack)) || events[6].Grant != events[7].ID || events[6].Length != int64(len(pack))) {
		t.Errorf("the end tells %d bytes of %d, of %s", events[6].Bytes, len(pack), events[6].Grant)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("gone") }

// A provider's compliance officer exports what its own people did, and the terms that it
// may read.
func TestEvidencePackOfAProvidersCompliance(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	watcher := w.Member(t, w.Contract, w.Provider, "Prune Provider", policy.RoleProviderCompliance)
	batch, documents := w.Sent(t, 1)
	w.Taken(t, batch)
	if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
		t.Fatal(err)
	}
	second := w.NewContract(t, gatewaytest.Terms("F-2026-099", w.Client, w.Provider))
	w.Join(t, second)
	if _, err := w.Gateway.Contract(t.Context(), w.Handler, second); err != nil { // on which the compliance officer has no role
		t.Fatal(err)
	}
	pack := packed(t, w, watcher, gateway.PackQuestion{})
	got := verifiedPack(t, w, pack)
	if !got.Proves() || got.Events == 0 || got.Events >= got.Checkpoint {
		t.Fatalf("%+v", got)
	}
	for line := range strings.Lines(member(t, pack, "events.ndjson")) {
		leaf, _, _ := strings.Cut(strings.TrimPrefix(line, `{"leaf":`), `,"private"`)
		e, err := event.Parse([]byte(leaf))
		if err != nil || e.Organisation != string(w.Provider) {
			t.Errorf("%s of %s, %v", e.Action, e.Organisation, err)
		}
	}
	if member(t, pack, "contracts/"+string(w.Contract)+"/1") == "" {
		t.Error("the terms of its own contract are missing")
	}
	if member(t, pack, "contracts/"+string(second)+"/1") != "" {
		t.Error("the pack holds terms that its asker may not read")
	}
	if len(got.NotChecked) != 2 || !strings.Contains(strings.Join(got.NotChecked, " "), "not-readable") {
		t.Errorf("not checked: %v", got.NotChecked)
	}
	others := verifiedPack(t, w, packed(t, w, watcher, gateway.PackQuestion{LedgerQuestion: gateway.LedgerQuestion{
		Query: gateway.EventQuery{Organisation: string(w.Client)}}}))
	if others.Events != 0 {
		t.Errorf("%d events of the client's people", others.Events)
	}
	for name, who := range map[string]gateway.Caller{"a handler": w.Handler, "a system": w.System, "the operator": w.Operator} {
		if _, err := w.Gateway.ExportPack(t.Context(), who, string(w.Client), gateway.PackQuestion{}); err == nil {
			t.Errorf("%s took a pack away", name)
		}
	}
	for _, ledger := range []string{"operator", string(w.Organisation(t, gateway.KindClient, "Banque Test"))} {
		for _, who := range []gateway.Caller{watcher, w.Officer} {
			if _, err := w.Gateway.ExportPack(t.Context(), who, ledger, gateway.PackQuestion{}); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("%s took a pack of %s away: %v", who.Person, ledger, err)
			}
		}
	}
}

// A version that was only proposed has decided nothing and may be the client's secret. A
// person who was refused its text does not get it in a pack.
func TestEvidencePackHoldsNoProposedTerms(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	watcher := w.Member(t, w.Contract, w.Provider, "Prune Provider", policy.RoleProviderCompliance)
	terms := gatewaytest.Terms("MOTOR-1", w.Client, w.Provider)
	if _, err := w.Gateway.AmendContract(t.Context(), w.Manager, w.Contract, terms, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Gateway.ApproveContract(t.Context(), w.Handler, w.Contract, 2); err == nil {
		t.Fatal("a handler approved an amendment")
	}
	pack := packed(t, w, watcher, gateway.PackQuestion{LedgerQuestion: gateway.LedgerQuestion{Query: gateway.EventQuery{Action: "contract.approve"}}})
	got := verifiedPack(t, w, pack)
	if !got.Proves() || got.Events != 1 || got.Contracts != 0 || !strings.Contains(strings.Join(got.NotChecked, " "), "not-approved") {
		t.Errorf("%+v", got)
	}
}

// A ledger's pack contains only terms of its own client's contracts, whatever its rows
// name.
func TestEvidencePackHoldsNoTermsOfOthers(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	if _, err := w.Ledger.Append(t.Context(), "operator", event.Event{ID: event.NewID(), Occurred: w.Clock.Now(), Phase: event.PhaseState,
		Action: "contract.read", Outcome: event.OutcomeAllow, Contract: string(w.Contract), Version: 1}); err != nil {
		t.Fatal(err)
	}
	p, err := w.Gateway.LocalPack(t.Context(), "operator", gateway.PackQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.Send(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	got, err := verify.Pack(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()), verify.PackEvidence{Key: w.Ledger.VerifierKey("operator")})
	if err != nil || !got.Proves() || got.Contracts != 0 || !strings.Contains(strings.Join(got.NotChecked, " "), "not-readable") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPackQuestionsThatAreRefused(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	for name, q := range map[string]gateway.PackQuestion{
		"question":  {LedgerQuestion: gateway.LedgerQuestion{Question: "most-read"}},
		"since":     {Since: -1},
		"reason":    {LedgerQuestion: gateway.LedgerQuestion{Query: gateway.EventQuery{Reason: "A\nB"}}},
		"questions": {LedgerQuestion: gateway.LedgerQuestion{Question: "who-knows"}},
	} {
		var invalid *gateway.Invalid
		if _, err := w.Gateway.ExportPack(t.Context(), w.Officer, string(w.Client), q); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.Gateway.LocalPack(t.Context(), string(w.Client), q); !errors.As(err, &invalid) {
			t.Errorf("%s, locally: %v", name, err)
		}
	}
}

// No more packs are made at a time than there is memory for. Each pack makes room when it
// ends, however it ends.
func TestPacksAreBounded(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	export := func() (*gateway.Pack, error) {
		return w.Gateway.ExportPack(t.Context(), w.Officer, string(w.Client), gateway.PackQuestion{})
	}
	for range 3 { // refused, denied or ended: nothing is kept
		if _, err := w.Gateway.ExportPack(t.Context(), w.Handler, string(w.Client), gateway.PackQuestion{}); err == nil {
			t.Fatal("a handler")
		}
		if _, err := w.Gateway.ExportPack(t.Context(), w.Officer, string(w.Client), gateway.PackQuestion{Since: 1 << 40}); err == nil {
			t.Fatal("too large a size")
		}
		packed(t, w, w.Officer, gateway.PackQuestion{})
	}
	first, err := export()
	if err != nil {
		t.Fatal(err)
	}
	second, err := export()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := export(); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("a third: %v", err)
	}
	first.Close()
	first.Close()
	third, err := export()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := export(); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("a fourth: %v", err)
	}
	second.Close()
	third.Close()
}

// A pack that is too large is refused before its first byte, and the refusal is recorded.
func TestEvidencePackThatIsTooLarge(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	fill(t, w, 10_001)
	_, err := w.Gateway.ExportPack(t.Context(), w.Officer, string(w.Client), gateway.PackQuestion{})
	var invalid *gateway.Invalid
	if !errors.As(err, &invalid) || invalid.Kind != gateway.InvalidPackTooLarge || !strings.Contains(invalid.Detail, "10000 events") {
		t.Fatalf("got %v", err)
	}
	events, _, err := w.Gateway.AuditEvents(t.Context(), w.Officer, string(w.Client), gateway.EventQuery{Action: "audit.export", Limit: 1})
	if err != nil || events[0].Phase != event.PhaseAborted || events[0].Reason != "invalid-pack-too-large" {
		t.Errorf("%+v, %v", events, err)
	}
}

// fill puts n events into the outbox of the client's ledger, some at a time, so that a
// slow machine sequences each part within Wait's patience.
func fill(t *testing.T, w *gatewaytest.World, n int) {
	t.Helper()
	for n > 0 {
		part := min(n, 1000)
		n -= part
		tx, err := w.Database.Writer().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		var last audit.Ticket
		for range part {
			last, err = w.Ledger.Stage(t.Context(), tx, string(w.Client), event.Event{ID: event.NewID(), Occurred: w.Clock.Now(),
				Phase: event.PhaseState, Action: "batch.list", Outcome: event.OutcomeAllow})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Ledger.Wait(t.Context(), last); err != nil {
			t.Fatal(err)
		}
	}
}
