package gateway_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
	"github.com/bordereau/bordereau/policy"
)

// eachIn runs a test on both databases, in a world whose bodies are in a bucket of the
// server.
func eachIn(t *testing.T, server *s3test.Server, f func(t *testing.T, w *gatewaytest.World)) {
	t.Helper()
	databasetest.EachInTurn(t, func(t *testing.T, db *database.DB) {
		store, err := objects.OpenS3(t.Context(), server.Config())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		f(t, gatewaytest.New(t, gatewaytest.Config{Database: db, Objects: store}).World(t))
	})
}

// An erasure leaves no version of a body in the bucket, and no delete marker.
func TestErasingLeavesNoVersion(t *testing.T) {
	server := s3test.StartVersioned(t)
	eachIn(t, server, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 3)
		var keys []string
		for _, d := range documents {
			key, body := object(t, w, d)
			server.Overwrite(key, append(body, 0))
			server.Overwrite(key, body)
			keys = append(keys, key)
		}
		if got := len(server.Versions(keys[0])); got != 3 {
			t.Fatalf("there are %d versions, want 3", got)
		}
		e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "sent by mistake")
		if err != nil || len(claimsOf(t, e.Certificate).Exceptions) != 0 {
			t.Errorf("erasing a document: %+v, %v", e, err)
		}
		if got := server.Versions(keys[0]); len(got) != 0 {
			t.Errorf("versions of the document are left: %v", got)
		}
		if got := len(server.Versions(keys[1])); got != 3 {
			t.Errorf("of the document beside it %d versions are left", got)
		}
		ended(t, w)
		if c := claimsOf(t, erased(t, w).Certificate); len(c.Exceptions) != 0 || c.Documents != 2 {
			t.Errorf("the contract's certificate says %+v", c)
		}
		for _, key := range keys {
			if got := server.Versions(key); len(got) != 0 {
				t.Errorf("versions of %s are left: %v", key, got)
			}
		}
	})
}

// A lock of the bucket keeps a body, but does not stop its erasure. The document is
// unreadable at once, and the certificate names what is left. Once the lock is gone, the
// body goes too, and a new certificate says so.
func TestErasingUnderALockOfTheBucket(t *testing.T) {
	server := s3test.StartLocked(t)
	eachIn(t, server, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		d := documents[0]
		key, body := object(t, w, d)
		server.Hold(key, true)
		server.Overwrite(key, append(body, 0)) // another version, which is not locked
		e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, d.ID, "sent by mistake")
		if err != nil || e.State != gateway.ErasureCertified {
			t.Fatalf("erasing: %+v, %v", e, err)
		}
		c := claimsOf(t, e.Certificate)
		want := []gateway.Exception{{Kind: "object-retained", Count: 1}}
		if diff := cmp.Diff(want, c.Exceptions); diff != "" || c.Documents != 1 || c.Verification.Objects != 1 || c.Verification.Headers != 0 {
			t.Errorf("the certificate says %+v", c)
		}
		if got := server.Versions(key); len(got) != 1 {
			t.Errorf("%d versions are left, the bucket forbade to delete one", len(got))
		}
		_, err = w.Read(t, w.Handler, d.ID)
		wantDenied(t, err, policy.ReasonDocumentState)
		if n := count(t, w, "SELECT COUNT(*) FROM document_header WHERE document = $1", string(d.ID)); n != 0 {
			t.Error("the header is still there")
		}
		reads(t, w, documents[1])

		// While the lock stands, the sweeper tries in vain now and then, and the
		// certificate does not change.
		w.Clock.Advance(13 * time.Hour)
		sweep(t, w)
		if again, err := w.Gateway.Erasure(t.Context(), w.Officer, e.ID); err != nil || again != e {
			t.Errorf("asked again: %+v, %v", again, err)
		}
		server.Hold(key, false)
		w.Clock.Advance(11 * time.Hour)
		sweep(t, w)
		if len(server.Versions(key)) != 1 {
			t.Error("it was tried again too soon")
		}
		w.Clock.Advance(time.Hour)
		sweep(t, w)
		if got := server.Versions(key); len(got) != 0 {
			t.Errorf("after the lock versions are left: %v", got)
		}
		later, err := w.Gateway.Erasure(t.Context(), w.Officer, e.ID)
		if err != nil || !later.Certified.After(e.Certified) || later.State != gateway.ErasureCertified {
			t.Fatalf("certified again: %+v, %v", later, err)
		}
		l := claimsOf(t, later.Certificate)
		if len(l.Exceptions) != 0 || l.Verification.Objects != 0 || l.Position != c.Position || l.Event != c.Event || l.Backups != c.Backups {
			t.Errorf("the new certificate says %+v", l)
		}
		sweep(t, w)
		if all := events(t, w, gateway.EventQuery{Action: "erasure.certify"}); len(all) != 2 {
			t.Errorf("certified %d times: %v", len(all), lines(all))
		}
	})
}

// Under a retention that cannot be lifted, the bodies of a whole contract stay. The
// certificate has their number.
func TestErasingAContractUnderRetention(t *testing.T) {
	server := s3test.StartLocked(t)
	eachIn(t, server, func(t *testing.T, w *gatewaytest.World) {
		_, documents := w.Sent(t, 3)
		for _, d := range documents[:2] {
			server.Lock(keyOf(t, w, d), time.Now().Add(time.Hour))
		}
		key, body := object(t, w, documents[0])
		ended(t, w)
		c := claimsOf(t, erased(t, w).Certificate)
		want := []gateway.Exception{{Kind: "object-retained", Count: 2}}
		if diff := cmp.Diff(want, c.Exceptions); diff != "" || c.Documents != 3 || c.Verification.Identities != 0 {
			t.Errorf("the certificate says %+v", c)
		}
		for _, d := range documents {
			if n := count(t, w, "SELECT COUNT(*) FROM document_header WHERE document = $1", string(d.ID)); n != 0 {
				t.Error("a header is still there")
			}
		}
		// The bucket still has the body, which no key opens.
		r, _, err := w.Objects.Get(t.Context(), key, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if left, err := io.ReadAll(r); err != nil || !bytes.Equal(left, body) || bytes.Contains(left, []byte("Plaintext-Marker")) {
			t.Errorf("%d bytes are left, %v", len(left), err)
		}
	})
}
