package gateway_test

import (
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// backup keeps the rows that erasures delete, and brings them back as a restore of the
// database would. The store and its journal stay.
type backup struct{ w *gatewaytest.World }

func takeBackup(t *testing.T, w *gatewaytest.World) backup {
	t.Helper()
	for _, table := range []string{"document_header", "contract_key_copy", "erasure"} {
		execute(t, w, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
	}
	execute(t, w, "CREATE TABLE kept_status AS SELECT * FROM contract_status")
	return backup{w}
}

func (b backup) restore(t *testing.T) {
	t.Helper()
	for _, table := range []string{"erased_document", "erasure_exception", "erasure", "document_header", "contract_key_copy", "contract_status"} {
		execute(t, b.w, "DELETE FROM "+table)
	}
	for _, table := range []string{"document_header", "contract_key_copy", "erasure"} {
		execute(t, b.w, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
	}
	execute(t, b.w, "INSERT INTO contract_status SELECT * FROM kept_status")
}

func unknown(t *testing.T, w *gatewaytest.World) []gateway.ErasureID {
	t.Helper()
	ids, err := w.Gateway.UnknownErasures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func reapply(t *testing.T, w *gatewaytest.World) (told []gateway.ErasureID) {
	t.Helper()
	err := w.Gateway.ReapplyErasures(t.Context(), func(c gateway.JournalClaims) { told = append(told, c.ID) })
	if err != nil {
		t.Fatal(err)
	}
	return told
}

func TestARestoreBringsNoDocumentBack(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		saved := takeBackup(t, w)
		e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "gone")
		if err != nil {
			t.Fatal(err)
		}
		if got := unknown(t, w); len(got) != 0 {
			t.Fatalf("unknown before the restore: %v", got)
		}
		saved.restore(t)
		if diff := cmp.Diff([]gateway.ErasureID{e.ID}, unknown(t, w)); diff != "" {
			t.Fatalf("unknown after the restore (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]gateway.ErasureID{e.ID}, reapply(t, w)); diff != "" {
			t.Errorf("repeated (-want +got):\n%s", diff)
		}
		if got := unknown(t, w); len(got) != 0 {
			t.Errorf("unknown after repeating: %v", got)
		}
		_, err = w.Gateway.Open(t.Context(), w.Handler, documents[0].ID)
		wantDenied(t, err, policy.ReasonDocumentState)
		if _, err := w.Read(t, w.Handler, documents[1].ID); err != nil {
			t.Errorf("the document beside it: %v", err)
		}
		again, err := w.Gateway.Erasure(t.Context(), w.Officer, e.ID)
		if c := claimsOf(t, again.Certificate); err != nil || c.Reapplied == nil || c.Position <= claimsOf(t, e.Certificate).Position {
			t.Errorf("the second certificate says %+v, %v", c, err)
		}
		if told := reapply(t, w); len(told) != 0 {
			t.Errorf("repeated twice: %v", told)
		}
	})
}

func TestARestoreBringsNoContractBack(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		if _, err := w.Gateway.HoldDocument(t.Context(), w.Officer, documents[1].ID, "case 17"); err != nil {
			t.Fatal(err)
		}
		saved := takeBackup(t, w) // the contract still runs
		ended(t, w)
		e := erased(t, w)
		saved.restore(t)
		if diff := cmp.Diff([]gateway.ErasureID{e.ID}, reapply(t, w)); diff != "" {
			t.Errorf("repeated (-want +got):\n%s", diff)
		}
		c, err := w.Gateway.Contract(t.Context(), w.Manager, w.Contract)
		if err != nil || c.Status != policy.StatusTerminated {
			t.Errorf("the contract is %s, %v", c.Status, err)
		}
		for i, d := range documents {
			if n := count(t, w, "SELECT COUNT(*) FROM document_header WHERE document = $1", string(d.ID)); n != i { // the second is held
				t.Errorf("document %d has %d headers", i, n)
			}
		}
		if n := count(t, w, "SELECT COUNT(*) FROM contract_key_copy WHERE contract = $1", string(w.Contract)); n == 0 {
			t.Error("the key of a held document was destroyed")
		}
	})
}

// The backup was made between proposal and approval. It has the erasure, but not its
// approval.
func TestARestoreToTheProposal(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		w.Sent(t, 1)
		ended(t, w)
		p, err := w.Gateway.ProposeErasure(t.Context(), w.Manager, w.Contract, "over")
		if err != nil {
			t.Fatal(err)
		}
		saved := takeBackup(t, w)
		if _, err := w.Gateway.ApproveErasure(t.Context(), w.Approver, p.ID); err != nil {
			t.Fatal(err)
		}
		saved.restore(t)
		if diff := cmp.Diff([]gateway.ErasureID{p.ID}, reapply(t, w)); diff != "" {
			t.Errorf("repeated (-want +got):\n%s", diff)
		}
		if n := count(t, w, "SELECT COUNT(*) FROM contract_key_copy WHERE contract = $1", string(w.Contract)); n != 0 {
			t.Error("the keys are back")
		}
		if e, err := w.Gateway.Erasure(t.Context(), w.Officer, p.ID); err != nil || e.State != gateway.ErasureCertified || e.DecidedBy != w.Approver.Person {
			t.Errorf("the erasure is %+v, %v", e, err)
		}
	})
}

func TestAnErasureOfWhatTheBackupNeverKnew(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	entry, err := w.Receipts.Sign(gateway.JournalClaims{ID: "x_aaaaaaaaaaaaaaaaaaaaaaaaaa", Kind: "erasure",
		Contract: "c_aaaaaaaaaaaaaaaaaaaaaaaaaa", Document: "d_aaaaaaaaaaaaaaaaaaaaaaaaaa", Decided: w.Clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	putJournal(t, w, entry)
	if told := reapply(t, w); len(told) != 1 {
		t.Errorf("repeated %v", told)
	}
	if got := unknown(t, w); len(got) != 0 {
		t.Errorf("unknown after repeating: %v", got)
	}
}

func putJournal(t *testing.T, w *gatewaytest.World, entry string) {
	t.Helper()
	err := w.Objects.Put(t.Context(), "j/aaaaaaaaaaaaaaaaaaaaaaaaaa", strings.NewReader(entry), int64(len(entry)))
	if err != nil {
		t.Fatal(err)
	}
}

// The store is not trusted: a person who writes into it can keep the gateway from
// starting, and can erase nothing.
func TestAForgedJournalErasesNothing(t *testing.T) {
	forged := map[string]func(t *testing.T, w *gatewaytest.World, claims gateway.JournalClaims) string{
		"no JWS":    func(*testing.T, *gatewaytest.World, gateway.JournalClaims) string { return "erase everything" },
		"empty":     func(*testing.T, *gatewaytest.World, gateway.JournalClaims) string { return "" },
		"a receipt": func(t *testing.T, w *gatewaytest.World, _ gateway.JournalClaims) string { return receipt(t, w) },
		"signed by another": func(t *testing.T, w *gatewaytest.World, c gateway.JournalClaims) string {
			return sign(t, gatewaytest.New(t, gatewaytest.Config{}), c)
		},
		"under another name": func(t *testing.T, w *gatewaytest.World, c gateway.JournalClaims) string {
			c.ID = "x_bbbbbbbbbbbbbbbbbbbbbbbbbb"
			return sign(t, w.House, c)
		},
		"another payload": func(t *testing.T, w *gatewaytest.World, c gateway.JournalClaims) string {
			parts := strings.Split(sign(t, w.House, c), ".")
			c.Document = ""
			other := strings.Split(sign(t, gatewaytest.New(t, gatewaytest.Config{}), c), ".")
			return parts[0] + "." + other[1] + "." + parts[2]
		},
	}
	for name, forge := range forged {
		t.Run(name, func(t *testing.T) {
			w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
			batch, documents := w.Sent(t, 1)
			w.Taken(t, batch)
			putJournal(t, w, forge(t, w, gateway.JournalClaims{ID: "x_aaaaaaaaaaaaaaaaaaaaaaaaaa", Kind: "erasure", Contract: w.Contract,
				Document: documents[0].ID, Ledger: string(w.Client), Decided: w.Clock.Now()}))
			if got := unknown(t, w); len(got) != 1 {
				t.Errorf("unknown: %v", got)
			}
			err := w.Gateway.ReapplyErasures(t.Context(), func(gateway.JournalClaims) { t.Error("it was repeated") })
			if err == nil {
				t.Error("it was believed")
			}
			if _, err := w.Read(t, w.Handler, documents[0].ID); err != nil {
				t.Errorf("the document: %v", err)
			}
		})
	}
}

func sign(t *testing.T, h *gatewaytest.House, claims any) string {
	t.Helper()
	jws, err := h.Receipts.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

func receipt(t *testing.T, w *gatewaytest.World) string {
	t.Helper()
	_, r := w.Upload(t, w.Open(t, "lot-receipt"), "claim", gatewaytest.Content("claim", 10))
	return r.JWS
}

// The journal contains opaque identifiers, and nothing else about any person.
func TestTheJournalHoldsNoNames(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	if _, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "Madame Hana asked"); err != nil {
		t.Fatal(err)
	}
	for object, err := range w.Objects.List(t.Context(), "j/", "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := w.Objects.Get(t.Context(), object.Key, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		text := payload(t, body)
		for _, private := range []string{"Hana", "claim-000", "Déclaration", "Mona"} {
			if strings.Contains(text, private) {
				t.Errorf("the journal says %q: %s", private, text)
			}
		}
		if !strings.Contains(text, string(documents[0].ID)) {
			t.Errorf("the journal does not name the document: %s", text)
		}
	}
}

// payload returns the payload of a JWS.
func payload(t *testing.T, jws io.Reader) string {
	t.Helper()
	all, err := io.ReadAll(jws)
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(string(all), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
