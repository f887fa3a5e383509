package gateway_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// memoryFolder is a folder in memory into which files are recovered.
type memoryFolder struct {
	mu    sync.Mutex
	files map[string][]byte
	begun int
	full  bool   // every write fails
	look  func() // called before a file is looked for
}

func newMemoryFolder() *memoryFolder { return &memoryFolder{files: map[string][]byte{}} }

func (s *memoryFolder) Open(name string) (io.ReadCloser, error) {
	if s.look != nil {
		s.look()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	content, ok := s.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (s *memoryFolder) Create(name string) (gateway.RecoveryFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	return &sheet{memoryFolder: s, name: name}, nil
}

type sheet struct {
	bytes.Buffer
	memoryFolder *memoryFolder
	name         string
}

var errFull = errors.New("no space left")

func (s *sheet) Write(p []byte) (int, error) {
	if s.memoryFolder.full {
		return 0, errFull
	}
	return s.Buffer.Write(p)
}

func (s *sheet) Commit() error {
	s.memoryFolder.mu.Lock()
	defer s.memoryFolder.mu.Unlock()
	if _, taken := s.memoryFolder.files[s.name]; taken {
		return fs.ErrExist
	}
	s.memoryFolder.files[s.name] = s.Bytes()
	return nil
}

func (*sheet) Discard() error { return nil }

// names returns the names of the files.
func (s *memoryFolder) names() []string { return slices.Sorted(maps.Keys(s.files)) }

func recoverAll(t *testing.T, g *gateway.Gateway, r gateway.Recovery) (map[gateway.DocumentID]gateway.Recovered, gateway.RecoveryReport) {
	t.Helper()
	told := map[gateway.DocumentID]gateway.Recovered{}
	report, err := g.LocalRecover(t.Context(), r, func(d gateway.Recovered) error { told[d.Document] = d; return nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Documents != int64(len(told)) || report.Documents != report.Recovered+report.Present+report.Erased+report.Failed {
		t.Errorf("told of %d documents: %+v", len(told), report)
	}
	return told, report
}

// recoveries returns the recovery events of the world's contract, oldest first.
func recoveries(t *testing.T, w *gatewaytest.World) (found []event.Event) {
	t.Helper()
	for _, e := range events(t, w, gateway.EventQuery{Contract: string(w.Contract)}) {
		if e.Action == event.Action(policy.ActionDocumentRecover) || e.Action == event.Action(policy.ActionKeyRecover) {
			found = append(found, e)
		}
	}
	return found
}

func pathOf(d gateway.Document, ending string) string {
	return "documents/" + string(d.Contract) + "/" + string(d.Batch) + "/" + string(d.ID) + ending
}

func TestRecoveringPlaintext(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 3)
		out := newMemoryFolder()
		told, report := recoverAll(t, w.Gateway, gateway.Recovery{To: out})
		if want := (gateway.RecoveryReport{Documents: 3, Recovered: 3, Bytes: 30_000}); report != want {
			t.Errorf("report %+v", report)
		}
		for _, d := range documents {
			path := pathOf(d, ".txt")
			if !bytes.Equal(out.files[path], gatewaytest.Content(d.Reference, 10_000)) {
				t.Errorf("%s has %d other bytes", path, len(out.files[path]))
			}
			want := gateway.Recovered{Document: d.ID, Contract: w.Contract, ContractReference: "MOTOR-1", Client: w.Client, Batch: d.Batch,
				BatchReference: told[d.ID].BatchReference, Reference: d.Reference, Class: d.Class, MediaType: "text/plain", FileName: d.FileName,
				Size: 10_000, Digest: hex.EncodeToString(d.Digest), Received: d.Received, Status: gateway.RecoveryDone, Path: path, Epoch: 1}
			if diff := cmp.Diff(want, told[d.ID]); diff != "" || want.BatchReference == "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		}
		if len(out.files) != 3 {
			t.Errorf("files %q", out.names())
		}

		// The listing comes first, then a grant and its end for each document. The events
		// name no person.
		phases := map[string]int{}
		for i, e := range recoveries(t, w) {
			phases[string(e.Phase)]++
			if e.Actor != "system" || e.Auth != "local" || e.Contract != string(w.Contract) || (i == 0) != (e.Document == "") {
				t.Errorf("event %d: %+v", i, e)
			}
			if e.Phase == event.PhaseCompleted && (e.Bytes != 10_000 || e.Grant == "") {
				t.Errorf("event %d: %+v", i, e)
			}
		}
		if diff := cmp.Diff(map[string]int{"state": 1, "grant": 3, "completed": 3}, phases); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}

		// The second run finds all files there. No byte leaves, and no access is
		// recorded.
		_, report = recoverAll(t, w.Gateway, gateway.Recovery{To: out})
		if report.Present != 3 || report.Recovered != 0 || out.begun != 3 || len(recoveries(t, w)) != 8 {
			t.Errorf("again: %+v, %d files begun", report, out.begun)
		}

		// The recovery of one contract leaves out the other.
		if _, report := recoverAll(t, w.Gateway, gateway.Recovery{Contract: w.Contract, To: newMemoryFolder()}); report.Recovered != 3 {
			t.Errorf("of the contract: %+v", report)
		}
		if _, err := w.Gateway.LocalRecover(t.Context(), gateway.Recovery{Contract: "c_none", To: newMemoryFolder()}, nil, nil); !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("of no contract: %v", err)
		}
	})
}

// The recovery identity alone recovers to standard age files and the keys that open them.
func TestRecoveringWithARecoveryKey(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 2)
		safe := newSafe(t)
		root, err := keyring.Load(w.RootFile)
		if err != nil {
			t.Fatal(err)
		}
		both, err := root.WithRecovery([]string{safe.Recipient().String()})
		if err != nil {
			t.Fatal(err)
		}
		rewrap(t, w.WithRoot(t, both), false)
		during := w.At(w.WithRoot(t, both))
		rotate(t, during)
		goOn(t, during)
		alone, err := keyring.Parse(safe.Secret())
		if err != nil {
			t.Fatal(err)
		}
		g := w.WithRoot(t, alone).Gateway

		out := newMemoryFolder()
		_, report := recoverAll(t, g, gateway.Recovery{Age: true, To: out})
		if report.Recovered != 2 || report.Identities != 0 || len(out.files) != 2 {
			t.Errorf("without keys: %+v, files %q", report, out.names())
		}
		told, report := recoverAll(t, g, gateway.Recovery{Age: true, Identities: true, To: out})
		if report.Present != 2 || report.Identities == 0 {
			t.Errorf("with keys: %+v", report)
		}
		for _, d := range documents {
			key := out.files["identities/"+string(w.Contract)+"-2.key"]
			identities, err := age.ParseIdentities(bytes.NewReader(key))
			if err != nil {
				t.Fatalf("the identity: %v in %q", err, out.names())
			}
			plain, err := age.Decrypt(bytes.NewReader(out.files[pathOf(d, ".age")]), identities...)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(plain); err != nil || !bytes.Equal(got, gatewaytest.Content(d.Reference, 10_000)) {
				t.Errorf("age reads %d bytes, %v", len(got), err)
			}
			if told[d.ID].Epoch != 2 {
				t.Errorf("told %+v", told[d.ID])
			}
		}
		keys := 0
		for _, e := range recoveries(t, w) {
			if e.Action == event.Action(policy.ActionKeyRecover) {
				keys++
			}
		}
		if keys == 0 {
			t.Error("the keys that were taken out are not in the ledger")
		}
		again, report := recoverAll(t, g, gateway.Recovery{Age: true, Identities: true, To: out})
		if report.Present != 2 || report.Identities != 0 || len(again) != 2 {
			t.Errorf("again: %+v", report)
		}
	})
}

// If some documents are damaged, the others are recovered. Each damaged document is
// named, and has no file under its name.
func TestRecoveringWhatIsLeft(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 9)
		key := func(i int) string { return keyOf(t, w, documents[i]) }
		_, body := object(t, w, documents[1])
		body[len(body)-1] ^= 1
		replace(t, w, key(0), nil)
		replace(t, w, key(1), body)
		replace(t, w, key(2), body[:len(body)-1])
		execute(t, w, `UPDATE document_header SET header = (SELECT header FROM document_header WHERE document = $1) WHERE document = $2`,
			string(documents[0].ID), string(documents[3].ID))
		_, another := object(t, w, documents[7]) // with its header: another document, which opens
		execute(t, w, `UPDATE document_header SET header = (SELECT header FROM document_header WHERE document = $1) WHERE document = $2`,
			string(documents[7].ID), string(documents[8].ID))
		replace(t, w, key(8), another)
		execute(t, w, "DELETE FROM document_header WHERE document = $1", string(documents[4].ID))
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[5].ID, "gone"); err != nil {
			t.Fatal(err)
		}
		execute(t, w, "UPDATE document_header SET epoch = 7 WHERE document = $1", string(documents[6].ID))
		want := map[gateway.DocumentID]string{
			documents[0].ID: "failed missing-body", documents[1].ID: "failed tampered", documents[2].ID: "failed tampered",
			documents[3].ID: "failed tampered", documents[4].ID: "failed header-missing", documents[5].ID: "erased ",
			documents[6].ID: "failed key-destroyed", documents[7].ID: "recovered ",
			documents[8].ID: "failed tampered",
		}
		for _, sealed := range []bool{false, true} {
			out := newMemoryFolder()
			told, _ := recoverAll(t, w.Gateway, gateway.Recovery{Age: sealed, To: out})
			got := map[gateway.DocumentID]string{}
			for id, d := range told {
				got[id] = string(d.Status) + " " + d.Reason
				if (d.Status == gateway.RecoveryDone) != (d.Path != "") || (d.Reason != "") != (d.Detail != "") {
					t.Errorf("told %+v", d)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sealed %v: told (-want +got):\n%s", sealed, diff)
			}
			if name := told[documents[5].ID].FileName; name != "" {
				t.Errorf("the erased document has the name %q", name)
			}
			if len(out.files) != 1 {
				t.Errorf("sealed %v: files %q", sealed, out.names())
			}
		}
		// A document that was granted and did not open has an end that says so.
		ends := map[string]int{}
		for _, e := range recoveries(t, w) {
			ends[string(e.Phase)+" "+e.Reason]++
		}
		if diff := cmp.Diff(map[string]int{"state local": 2, "grant local": 12, "completed local": 2, "aborted integrity-failed": 10}, ends); diff != "" {
			t.Errorf("recorded (-want +got):\n%s", diff)
		}
	})
}

func TestRecoveringWithTheWrongKey(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	other, err := keyring.Parse(newSafe(t).Secret())
	if err != nil {
		t.Fatal(err)
	}
	out := newMemoryFolder()
	told, _ := recoverAll(t, w.WithRoot(t, other).Gateway, gateway.Recovery{Age: true, Identities: true, To: out})
	if d := told[documents[0].ID]; d.Reason != gateway.RecoveryWrongKey {
		t.Errorf("told %+v", d)
	}
	if len(out.files) != 0 || len(recoveries(t, w)) != 1 {
		t.Errorf("files %q, recorded %q", out.names(), lines(recoveries(t, w)))
	}
}

// The first promise also holds for the owner of the machine, if they use the gateway.
func TestNothingIsRecoveredWithoutTheLedger(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{WaitTimeout: 5 * time.Second}).World(t)
	w.Sent(t, 1)
	w.StopSequencer()
	out := newMemoryFolder()
	_, err := w.Gateway.LocalRecover(t.Context(), gateway.Recovery{To: out}, func(d gateway.Recovered) error { t.Errorf("told %+v", d); return nil }, nil)
	if !errors.Is(err, gateway.ErrUnavailable) || out.begun != 0 {
		t.Errorf("recovering without a ledger: %v, %d files begun", err, out.begun)
	}
}

func TestRecoveringIntoAFullFolder(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	w.Sent(t, 1)
	out := newMemoryFolder()
	out.full = true
	_, err := w.Gateway.LocalRecover(t.Context(), gateway.Recovery{To: out}, func(d gateway.Recovered) error { t.Errorf("told %+v", d); return nil }, nil)
	if !errors.Is(err, errFull) || len(out.files) != 0 {
		t.Errorf("recovering: %v, files %q", err, out.names())
	}
	want := []string{"document.recover state allow local", "document.recover grant allow local", "document.recover aborted error failed"}
	if diff := cmp.Diff(want, lines(recoveries(t, w))); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
	out.full = false
	if _, report := recoverAll(t, w.Gateway, gateway.Recovery{To: out}); report.Recovered != 1 {
		t.Errorf("with room: %+v", report)
	}
}

func TestRecoveringWhileTheStoreIsUnavailable(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	w.Objects.SetAway(true)
	if _, err := w.Gateway.LocalRecover(t.Context(), gateway.Recovery{To: newMemoryFolder()}, nil, nil); !errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("without the journal: %v", err)
	}
	w.Objects.SetAway(false)
	out := newMemoryFolder()
	away := sync.OnceFunc(func() { w.Objects.SetAway(true) })
	report, err := w.Gateway.LocalRecover(t.Context(), gateway.Recovery{To: out}, func(d gateway.Recovered) error {
		if d.Reason != gateway.RecoveryStoreFailed || d.Document != documents[0].ID {
			t.Errorf("told %+v", d)
		}
		return nil
	}, func(int64, int64) { away() }) // after the journal was read
	if err != nil || report.Failed != 1 || len(out.files) != 0 {
		t.Errorf("report %+v, %v", report, err)
	}
}

// A file that is there and is not the document stays, and is reported.
func TestRecoveringNeverOverwrites(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	for _, r := range []gateway.Recovery{{}, {Age: true}} {
		out := newMemoryFolder()
		r.To = out
		recoverAll(t, w.Gateway, r)
		name := out.names()[0]
		whole := out.files[name]
		for _, other := range [][]byte{{}, whole[:len(whole)-1], append(bytes.Clone(whole), 'x'), bytes.ToUpper(whole)} {
			out.files[name] = other
			told, _ := recoverAll(t, w.Gateway, r)
			if d := told[documents[0].ID]; d.Reason != gateway.RecoveryOtherFile || !bytes.Equal(out.files[name], other) {
				t.Errorf("%d bytes: told %+v", len(other), d)
			}
		}
	}
}

// A database that was restored to a time before an erasure gives nothing until the
// erasure is repeated.
func TestRecoveringNothingThatWasErased(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 2)
	b := takeBackup(t, w)
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err != nil {
		t.Fatal(err)
	}
	b.restore(t)
	out := newMemoryFolder()
	if _, err := w.Gateway.LocalRecover(t.Context(), gateway.Recovery{To: out}, nil, nil); !errors.Is(err, gateway.ErrForgottenErasures) || out.begun != 0 {
		t.Errorf("recovering: %v", err)
	}
	reapply(t, w)
	told, _ := recoverAll(t, w.Gateway, gateway.Recovery{To: out})
	if told[documents[0].ID].Status != gateway.RecoveryErased || told[documents[1].ID].Status != gateway.RecoveryDone {
		t.Errorf("told %+v", told)
	}
}

// A document that is erased while it is being recovered is not recovered: the grant's
// transaction reads what is opened.
func TestErasingWhileRecovering(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	out := newMemoryFolder()
	out.look = sync.OnceFunc(func() {
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err != nil {
			t.Error(err)
		}
	})
	told, _ := recoverAll(t, w.Gateway, gateway.Recovery{To: out})
	if d := told[documents[0].ID]; d.Status != gateway.RecoveryErased || d.FileName != "" || d.Path != "" || len(out.files) > 0 {
		t.Errorf("told %+v, files %q", d, out.names())
	}
}

// File names are text of users. None of it becomes part of a path.
func TestNoTextOfAUserIsInRecoveredNames(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	for i, name := range []string{"../../etc/passwd", "/etc/passwd", ".partial", strings.Repeat("é", 500), "a\\b"} {
		content := gatewaytest.Content("claim", 100)
		n := gatewaytest.Incoming(batch, "claim-"+string(rune('a'+i)), content)
		n.FileName, n.MediaType = name, "x-odd/../type"
		if _, _, err := w.Gateway.Upload(t.Context(), w.System, n, bytes.NewReader(content)); err != nil {
			n.MediaType = "text/plain"
			if _, _, err = w.Gateway.Upload(t.Context(), w.System, n, bytes.NewReader(content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	out := newMemoryFolder()
	recoverAll(t, w.Gateway, gateway.Recovery{To: out})
	for name := range out.files {
		parts := strings.Split(name, "/")
		id, _, _ := strings.Cut(parts[len(parts)-1], ".")
		if len(parts) != 4 || parts[0] != "documents" || policy.ParseIdentifier("c", parts[1]) != nil ||
			policy.ParseIdentifier("b", parts[2]) != nil || policy.ParseIdentifier("d", id) != nil || !fs.ValidPath(name) {
			t.Errorf("a file named %q", name)
		}
	}
	if len(out.files) != 5 {
		t.Errorf("files %q", out.names())
	}
}
