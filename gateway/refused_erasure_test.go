package gateway_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// inBucket is a world whose bodies are in a bucket.
func inBucket(t *testing.T, c s3.Config) *gatewaytest.World {
	t.Helper()
	store, err := objects.OpenS3(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return gatewaytest.New(t, gatewaytest.Config{Objects: store}).World(t)
}

// there says whether the body of a document is in the store.
func there(t *testing.T, w *gatewaytest.World, d gateway.Document) bool {
	t.Helper()
	body, _, err := w.Objects.Get(t.Context(), keyOf(t, w, d), 0)
	if err == nil {
		body.Close()
	} else if !errors.Is(err, gateway.ErrObjectMissing) {
		t.Error(err)
	}
	return err == nil
}

// refusals are the erasures that fsck says the store refuses. It may break off where the
// store refuses more than that.
func refusals(t *testing.T, w *gatewaytest.World) (found []gateway.Finding) {
	t.Helper()
	w.Gateway.LocalCheckStore(t.Context(), gateway.StoreCheck{}, func(f gateway.Finding) {
		if f.Kind == gateway.FindingErasureRefused {
			found = append(found, f)
		}
	}, nil)
	return found
}

// A store that refuses to delete, where no lock keeps the body, has no certificate made:
// the erasure runs, the ledger and fsck say so, and it ends once the store lets it.
func TestAnErasureThatTheStoreRefusesIsNotCertified(t *testing.T) {
	server := s3test.StartLocked(t) // whose objects could be locked, and are not
	for name, habit := range map[string]s3test.Habit{
		"no right to delete":        s3test.Answers(s3test.ToDelete, 403, "AccessDenied"),
		"no right to list versions": s3test.Answers(s3test.ForVersions, 403, "AccessDenied"),
		"no right to list uploads":  s3test.Answers(s3test.ForUploads, 403, "AccessDenied"),
		"an expired key":            s3test.Answers(s3test.ToDelete, 403, "ExpiredToken"),
		"another refusal":           s3test.Answers(s3test.ToDelete, 400, "InvalidRequest"),
	} {
		t.Run(name, func(t *testing.T) {
			var refuses atomic.Bool
			refuses.Store(true)
			w := inBucket(t, s3test.Apart(server.Behind(func(w http.ResponseWriter, r *http.Request, server http.Handler) {
				if refuses.Load() {
					habit(w, r, server)
					return
				}
				server.ServeHTTP(w, r)
			})))
			_, documents := w.Sent(t, 2)
			ended(t, w)
			e := erased(t, w)
			if e.State != gateway.ErasureRunning || e.Certificate != "" {
				t.Fatalf("the erasure is %s, with the certificate %q", e.State, e.Certificate)
			}
			w.Clock.Advance(time.Hour)
			sweep(t, w)
			answer, err := w.Ledger.Ask(t.Context(), ask.Ask{Question: "unfinished-erasures", Query: ask.Query{Ledger: string(w.Client), Limit: 10}})
			if err != nil || len(answer.Events) != 1 || answer.Events[0].Subject != string(e.ID) {
				t.Errorf("the ledger says %v, %v; want one event of the erasure", answer.Events, err)
			}
			if f := refusals(t, w); len(f) != 1 || f[0].State != gateway.FindingWrong {
				t.Errorf("fsck found %+v", f)
			}
			if !there(t, w, documents[0]) {
				t.Fatal("the body is gone, and the test shows nothing")
			}

			refuses.Store(false)
			sweep(t, w)
			later, err := w.Gateway.Erasure(t.Context(), w.Officer, e.ID)
			if err != nil || later.State != gateway.ErasureCertified {
				t.Fatalf("once the store deletes: %+v, %v", later, err)
			}
			if c := claimsOf(t, later.Certificate); len(c.Exceptions) != 0 || c.Verification.Objects != 0 {
				t.Errorf("the certificate says %+v", c)
			}
			if there(t, w, documents[0]) || len(refusals(t, w)) != 0 {
				t.Error("the body, or the finding, is left")
			}
		})
	}
}

// A server that does not know versions or unfinished uploads has none.
func TestErasingWithoutListingsOfVersionsAndUploads(t *testing.T) {
	server := s3test.Start(t)
	for name, habits := range map[string][]s3test.Habit{
		"no versions (R2, Garage)": {s3test.Answers(s3test.ForVersions, 501, "NotImplemented")},
		"no uploads (s3rver)":      {s3test.Answers(s3test.ForUploads, 501, "NotImplemented")},
		"uploads: none (rclone)":   {s3test.Answers(s3test.ForUploads, 404, "NoSuchUpload")},
		"neither":                  {s3test.Answers(s3test.ForVersions, 501, "NotImplemented"), s3test.Answers(s3test.ForUploads, 501, "NotImplemented")},
	} {
		t.Run(name, func(t *testing.T) {
			w := inBucket(t, s3test.Apart(server.Behind(habits...)))
			_, documents := w.Sent(t, 1)
			e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "sent by mistake")
			if err != nil || e.State != gateway.ErasureCertified || len(claimsOf(t, e.Certificate).Exceptions) != 0 {
				t.Errorf("erasing: %+v, %v", e, err)
			}
			if there(t, w, documents[0]) {
				t.Error("the body is left")
			}
			report, err := w.Gateway.LocalCheckStore(t.Context(), gateway.StoreCheck{Repair: true}, func(gateway.Finding) {}, nil)
			if err != nil || !report.OK() {
				t.Errorf("fsck: %+v, %v", report, err)
			}
		})
	}
}

// A server that keeps versions and does not list them would keep the older ones: nothing
// is certified.
func TestErasingVersionsThatAreNotListed(t *testing.T) {
	server := s3test.StartVersioned(t)
	w := inBucket(t, server.Behind(s3test.Answers(s3test.ForVersions, 501, "NotImplemented")))
	_, documents := w.Sent(t, 1)
	e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "sent by mistake")
	if err != nil || e.State != gateway.ErasureRunning {
		t.Errorf("erasing: %+v, %v", e, err)
	}
}
