package gateway_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/objects/objectstest/faulty"
	"github.com/bordereau/bordereau/policy"
)

// claimsOf returns what a certificate says. Package identity tests that it is signed.
func claimsOf(t *testing.T, jws string) (c gateway.DestructionClaims) {
	t.Helper()
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWS", jws)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func count(t *testing.T, w *gatewaytest.World, query string, args ...any) (n int) {
	t.Helper()
	if err := w.Database.Reader().QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func execute(t *testing.T, w *gatewaytest.World, statement string, args ...any) {
	t.Helper()
	if _, err := w.Database.Writer().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func keyOf(t *testing.T, w *gatewaytest.World, d gateway.Document) (key string) {
	t.Helper()
	err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT object_key FROM document WHERE id = $1", string(d.ID)).Scan(&key)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func wantNoObject(t *testing.T, w *gatewaytest.World, key string) {
	t.Helper()
	if _, _, err := w.Objects.Get(t.Context(), key, 0); !errors.Is(err, gateway.ErrObjectMissing) {
		t.Errorf("the object: %v, want missing", err)
	}
}

func TestErasingADocument(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		replica := w.Replica(t)
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		d, key := documents[0], keyOf(t, w, documents[0])
		for _, g := range []*gateway.Gateway{w.Gateway, replica.Gateway} { // both have the identity in memory
			content, err := g.Open(t.Context(), w.Handler, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			content.Close()
		}
		e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, d.ID, "sent by mistake")
		if err != nil || e.State != gateway.ErasureCertified {
			t.Fatalf("erasing: %v, %+v", err, e)
		}
		for _, g := range []*gateway.Gateway{w.Gateway, replica.Gateway} {
			_, err = g.Open(t.Context(), w.Handler, d.ID)
			wantDenied(t, err, policy.ReasonDocumentState)
		}
		if n := count(t, w, "SELECT COUNT(*) FROM document_header WHERE document = $1", string(d.ID)); n != 0 {
			t.Error("the header is still there")
		}
		wantNoObject(t, w, key)
		if got, err := w.Read(t, w.Handler, documents[1].ID); err != nil || len(got) != 10_000 {
			t.Errorf("the document beside it: %d bytes, %v", len(got), err)
		}
		erased, err := w.Gateway.Document(t.Context(), w.System, d.ID)
		if err != nil || erased.State != policy.DocumentErased || erased.FileName != "" {
			t.Errorf("its record: %+v, %v", erased, err)
		}
		again, err := w.Gateway.EraseDocument(t.Context(), w.Approver, d.ID, "sent by mistake")
		if diff := cmp.Diff(e, again); err != nil || diff != "" {
			t.Errorf("erased again: %v (-want +got):\n%s", err, diff)
		}
		if got, err := w.Gateway.Erasure(t.Context(), w.Officer, e.ID); err != nil || got != e {
			t.Errorf("asked again: %+v, %v", got, err)
		}
	})
}

func TestAnErasedReferenceIsNotReceivedAgain(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch := w.Open(t, "lot-1")
	content := gatewaytest.Content("claim", 10_000)
	d, _ := w.Upload(t, batch, "claim", content)
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, d.ID, "sent by mistake"); err != nil {
		t.Fatal(err)
	}
	_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(batch, "claim", content), bytes.NewReader(content))
	wantConflict(t, err, gateway.ConflictState)
}

func TestTheDestructionCertificate(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 1)
		e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "sent by mistake")
		if err != nil {
			t.Fatal(err)
		}
		now := w.Clock.Now()
		got := claimsOf(t, e.Certificate)
		want := gateway.DestructionClaims{ID: e.ID, Kind: "destruction", Issued: now.Unix(), Client: w.Client, Contract: w.Contract,
			Document: documents[0].ID, ProposedBy: w.Manager.Person, DecidedBy: w.Manager.Person, Decided: now,
			Method: []string{"file-keys-destroyed", "objects-deleted"}, Documents: 1, Bytes: 10_000, Exceptions: []gateway.Exception{},
			Ledger: string(w.Client), Position: got.Position, Event: got.Event, Backups: "2026-12-30",
			Verification: gateway.Verification{At: now}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the certificate (-want +got):\n%s", diff)
		}
		found := false
		for _, event := range events(t, w, gateway.EventQuery{Document: string(documents[0].ID)}) {
			if event.ID == got.Event {
				found = event.Seq == got.Position && event.Action == "document.erase" && event.Subject == string(e.ID) &&
					event.Private["note"] == "sent by mistake"
			}
		}
		if !found {
			t.Errorf("the ledger has no such decision at %d", got.Position)
		}
		if all := lines(events(t, w, gateway.EventQuery{Action: "erasure.certify"})); len(all) != 1 {
			t.Errorf("certified %d times: %v", len(all), all)
		}
	})
}

func TestWhoErases(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "once")
	if err != nil {
		t.Fatal(err)
	}
	_, documents = w.Sent(t, 1)
	d := documents[0].ID
	for name, who := range map[string]gateway.Caller{"client system": w.System, "officer": w.Officer, "operator": w.Operator,
		"provider manager": w.ProviderManager, "handler": w.Handler, "stranger": w.Stranger} {
		if _, err := w.Gateway.EraseDocument(t.Context(), who, d, "because"); err == nil {
			t.Errorf("the %s erased a document", name)
		}
		if _, err := w.Gateway.ProposeErasure(t.Context(), who, w.Contract, "because"); err == nil {
			t.Errorf("the %s proposed to erase the contract", name)
		}
		if _, err := w.Gateway.HoldDocument(t.Context(), who, d, "because"); err == nil && name != "officer" {
			t.Errorf("the %s placed a hold", name)
		}
		if _, err := w.Gateway.Erasure(t.Context(), who, e.ID); err == nil && name != "officer" {
			t.Errorf("the %s read the certificate", name)
		}
	}
	for _, who := range []gateway.Caller{w.Operator, w.Stranger} {
		_, err := w.Gateway.EraseDocument(t.Context(), who, d, "because")
		if !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("another party got %v", err)
		}
	}
}

func TestALegalHoldForbidsErasing(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		h, err := w.Gateway.HoldDocument(t.Context(), w.Officer, documents[0].ID, "case 17")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Gateway.HoldDocument(t.Context(), w.Officer, documents[0].ID, "case 18"); err != nil || again != h {
			t.Errorf("placed again: %+v, %v", again, err)
		}
		_, err = w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone")
		wantDenied(t, err, policy.ReasonLegalHold)
		if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
			t.Errorf("a held document does not read: %v", err)
		}
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[1].ID, "gone"); err != nil {
			t.Errorf("the document beside it: %v", err)
		}
		_, err = w.Gateway.HoldDocument(t.Context(), w.Officer, documents[1].ID, "too late")
		wantConflict(t, err, gateway.ConflictState)

		whole, err := w.Gateway.HoldContract(t.Context(), w.Officer, w.Contract, "case 19")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Gateway.LiftHold(t.Context(), w.Manager, h.ID); err == nil {
			t.Error("a manager lifted a hold")
		}
		if h, err = w.Gateway.LiftHold(t.Context(), w.Officer, h.ID); err != nil || h.Until.IsZero() || h.LiftedBy != w.Officer.Person {
			t.Errorf("lifting: %+v, %v", h, err)
		}
		_, err = w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone")
		wantDenied(t, err, policy.ReasonLegalHold) // the contract's
		holds, next, err := w.Gateway.Holds(t.Context(), w.Officer, w.Contract, gateway.Page{})
		if err != nil || len(holds) != 2 || next != "" {
			t.Errorf("holds: %+v, %q, %v", holds, next, err)
		}
		if _, err := w.Gateway.LiftHold(t.Context(), w.Officer, whole.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err != nil {
			t.Errorf("after the holds: %v", err)
		}
	})
}

// ended terminates the world's contract.
func ended(t *testing.T, w *gatewaytest.World) {
	t.Helper()
	if _, err := w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "over"); err != nil {
		t.Fatal(err)
	}
}

// erased erases the world's contract.
func erased(t *testing.T, w *gatewaytest.World) gateway.Erasure {
	t.Helper()
	e, err := w.Gateway.ProposeErasure(t.Context(), w.Manager, w.Contract, "over")
	if err == nil {
		e, err = w.Gateway.ApproveErasure(t.Context(), w.Approver, e.ID)
	}
	if err != nil {
		t.Fatalf("erasing contract: %v", err)
	}
	return e
}

func TestErasingAContract(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 3)
		_, err := w.Gateway.ProposeErasure(t.Context(), w.Manager, w.Contract, "over")
		wantDenied(t, err, policy.ReasonContractNotEnded)
		ended(t, w)
		p, err := w.Gateway.ProposeErasure(t.Context(), w.Manager, w.Contract, "over")
		if err != nil || p.State != gateway.ErasureProposed || p.Certificate != "" {
			t.Fatalf("proposing: %+v, %v", p, err)
		}
		if again, err := w.Gateway.ProposeErasure(t.Context(), w.Manager, w.Contract, "over"); err != nil || again != p {
			t.Errorf("proposed again: %+v, %v", again, err)
		}
		_, err = w.Gateway.ApproveErasure(t.Context(), w.Manager, p.ID)
		wantDenied(t, err, policy.ReasonSamePerson)
		if n := count(t, w, "SELECT COUNT(*) FROM contract_key_copy WHERE contract = $1", string(w.Contract)); n == 0 {
			t.Fatal("one person alone destroyed the keys")
		}
		e, err := w.Gateway.ApproveErasure(t.Context(), w.Approver, p.ID)
		if err != nil || e.State != gateway.ErasureCertified {
			t.Fatalf("approving: %+v, %v", e, err)
		}
		for _, table := range []string{"contract_key_copy WHERE contract = $1",
			"document_header WHERE document IN (SELECT id FROM document WHERE contract = $1)"} {
			if n := count(t, w, "SELECT COUNT(*) FROM "+table, string(w.Contract)); n != 0 {
				t.Errorf("%d rows left of %s", n, table)
			}
		}
		for _, d := range documents {
			wantNoObject(t, w, keyOf(t, w, d))
		}
		c := claimsOf(t, e.Certificate)
		if c.Documents != 3 || c.Bytes != 30_000 || c.Document != "" || c.ProposedBy != w.Manager.Person || c.DecidedBy != w.Approver.Person ||
			c.Method[0] != "contract-keys-destroyed" || len(c.Exceptions) != 0 {
			t.Errorf("the certificate says %+v", c)
		}
		if again, err := w.Gateway.ApproveErasure(t.Context(), w.Approver, p.ID); err != nil || again != e {
			t.Errorf("approved again: %+v, %v", again, err)
		}
		_, err = w.Gateway.ProposeErasure(t.Context(), w.Manager, w.Contract, "over")
		wantConflict(t, err, gateway.ConflictState)
	})
}

func TestAnExpiredContractCanBeErasedAndIsOver(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	w.Sent(t, 1)
	w.Clock.Advance(2 * 366 * 24 * time.Hour)
	erased(t, w)
	c, err := w.Gateway.Contract(t.Context(), w.Manager, w.Contract)
	if err != nil || c.Status != policy.StatusTerminated {
		t.Errorf("the contract is %s, %v", c.Status, err)
	}
}

func TestHeldDocumentsOutliveTheirContract(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 3)
		held := documents[1]
		h, err := w.Gateway.HoldDocument(t.Context(), w.Officer, held.ID, "case 17")
		if err != nil {
			t.Fatal(err)
		}
		ended(t, w)
		c := claimsOf(t, erased(t, w).Certificate)
		want := []gateway.Exception{{Kind: "legal-hold", Document: held.ID, Count: 1}}
		if diff := cmp.Diff(want, c.Exceptions); diff != "" || c.Documents != 2 || c.Method[0] != "file-keys-destroyed" {
			t.Errorf("the certificate says %+v", c)
		}
		for _, d := range documents {
			n := count(t, w, "SELECT COUNT(*) FROM document_header WHERE document = $1", string(d.ID))
			if want := d.ID == held.ID; (n == 1) != want {
				t.Errorf("%s has %d headers", d.ID, n)
			}
		}
		if n := count(t, w, "SELECT COUNT(*) FROM contract_key_copy WHERE contract = $1", string(w.Contract)); n == 0 {
			t.Error("the key of a held document was destroyed")
		}
		if _, err := w.Gateway.LiftHold(t.Context(), w.Officer, h.ID); err != nil {
			t.Fatal(err)
		}
		c = claimsOf(t, erased(t, w).Certificate)
		if c.Documents != 1 || len(c.Exceptions) != 0 || c.Method[0] != "contract-keys-destroyed" {
			t.Errorf("after the hold the certificate says %+v", c)
		}
		wantNoObject(t, w, keyOf(t, w, held))
	})
}

// A gateway that has a contract's identity in memory does not use it once its sealed
// copies are gone, whether or not a gateway has deleted them.
func TestNoReplicaUsesADestroyedIdentity(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		replica := w.Replica(t)
		batch, documents := w.Sent(t, 1)
		w.Taken(t, batch)
		for _, g := range []*gateway.Gateway{w.Gateway, replica.Gateway} {
			content, err := g.Open(t.Context(), w.Handler, documents[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			content.Close()
		}
		execute(t, w, "DELETE FROM contract_key_copy WHERE contract = $1", string(w.Contract))
		for _, g := range []*gateway.Gateway{w.Gateway, replica.Gateway} {
			if _, err := g.Open(t.Context(), w.Handler, documents[0].ID); !errors.Is(err, gateway.ErrNotFound) {
				t.Errorf("opened with a destroyed identity: %v", err)
			}
		}
		next := w.Open(t, "lot-next")
		content := gatewaytest.Content("x", 10)
		_, _, err := w.Gateway.Upload(t.Context(), w.System, gatewaytest.Incoming(next, "x", content), bytes.NewReader(content))
		wantConflict(t, err, gateway.ConflictState) // no key would open it
	})
}

func TestErasingCutsARunningDownload(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	d := readable(t, w, 6<<20)
	content, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, d.ID, "gone"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(10 * time.Second)
	var got bytes.Buffer
	wantDenied(t, content.Send(t.Context(), &got), policy.ReasonDocumentState)
	if got.Len() > 0 {
		t.Errorf("%d bytes left after the erasure", got.Len())
	}
}

// Whatever fails after the decision, the document is gone at once, no success is
// reported, and the sweeper finishes the erasure.
func TestAnErasureIsExecutedWhateverFails(t *testing.T) {
	needs.Parallel(t)
	for name, breaks := range map[string]func(w *gatewaytest.World){
		"the store is unavailable":      func(w *gatewaytest.World) { w.Objects.SetAway(true) },
		"the journal is not written":    func(w *gatewaytest.World) { w.Objects.FailNextPut(faulty.NotStored) },
		"the journal's answer was lost": func(w *gatewaytest.World) { w.Objects.FailNextPut(faulty.Stored) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *gatewaytest.World) {
				batch, documents := w.Sent(t, 1)
				w.Taken(t, batch)
				d := documents[0]
				breaks(w)
				if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, d.ID, "gone"); !errors.Is(err, gateway.ErrUnavailable) {
					t.Fatalf("got %v, want unavailable", err)
				}
				w.Objects.SetAway(false)
				_, err := w.Gateway.Open(t.Context(), w.Handler, d.ID)
				wantDenied(t, err, policy.ReasonDocumentState)
				w.Clock.Advance(time.Minute)
				if err := w.Replica(t).Gateway.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				wantNoObject(t, w, keyOf(t, w, d))
				e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, d.ID, "gone")
				if err != nil || e.State != gateway.ErasureCertified {
					t.Errorf("after the sweep: %+v, %v", e, err)
				}
				if n := journalEntries(t, w); n != 1 {
					t.Errorf("the journal has %d entries", n)
				}
			})
		})
	}
}

func journalEntries(t *testing.T, w *gatewaytest.World) (n int) {
	t.Helper()
	for _, err := range w.Objects.List(t.Context(), "j/", "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// keeping is a store that reports deletions and makes none.
type keeping struct{ gateway.Objects }

func (keeping) Delete(context.Context, string) error { return nil }

// A store that says that it has deleted an object, and still gives it, is no lock.
func TestAStoreThatKeepsObjectsIsNotCertified(t *testing.T) {
	house := gatewaytest.New(t, gatewaytest.Config{})
	w := gatewaytest.New(t, gatewaytest.Config{Objects: keeping{house.Objects}}).World(t)
	_, documents := w.Sent(t, 1)
	e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone")
	if err != nil || e.State != gateway.ErasureRunning || e.Certificate != "" {
		t.Errorf("erasing: %+v, %v", e, err)
	}
	if len(refusals(t, w)) != 1 {
		t.Error("fsck does not say so")
	}
}

// No certificate is signed for a document that still opens.
func TestNoCertificateWhileAHeaderIsThere(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	d := string(documents[0].ID)
	execute(t, w, "CREATE TABLE kept AS SELECT * FROM document_header WHERE document = $1", d)
	w.Objects.SetAway(true)
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err == nil {
		t.Fatal("erased without a store")
	}
	w.Objects.SetAway(false)
	execute(t, w, "INSERT INTO document_header SELECT * FROM kept")
	if e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err == nil {
		t.Errorf("certified: %+v", e)
	}
	execute(t, w, "DELETE FROM document_header WHERE document = $1", d)
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone"); err != nil {
		t.Error(err)
	}
}
