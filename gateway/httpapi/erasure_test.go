package httpapi_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// as speaks as one person of the fixture. Every request is checked against the OpenAPI
// document.
func (s *service) as(t *testing.T, who gateway.Caller) player {
	t.Helper()
	c, raw := s.clients(t)
	return player{c, raw, func(ctx context.Context, r *http.Request) error {
		r.Header.Set("X-Forwarded-For", gatewaytest.Address.String())
		return api.Bearer(s.token(t, who))(ctx, r)
	}}
}

// TestErasing plays holds and erasures of a document and of its contract, checked against
// the OpenAPI document.
func TestErasing(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	batch, documents := s.Sent(t, 2)
	s.Taken(t, batch)
	manager, approver, officer := s.as(t, s.Manager), s.as(t, s.Approver), s.as(t, s.Officer)
	handler, system := s.as(t, s.Handler), s.as(t, s.System)
	first, second := string(documents[0].ID), string(documents[1].ID)
	because := api.StatusChange{Reason: "sent by mistake"}

	// A hold forbids the erasure.
	placed, err := officer.HoldDocumentWithResponse(ctx, first, api.StatusChange{Reason: "case 17"}, officer.as)
	hold := got(t, placed.HTTPResponse, placed.JSON201, placed.ApplicationProblemJSONDefault, err)
	refused, err := manager.EraseDocumentWithResponse(ctx, first, because, manager.as)
	if err != nil || refused.ApplicationProblemJSONDefault == nil {
		t.Fatalf("got %s, %v", refused.Body, err)
	}
	wantReason(t, refused.ApplicationProblemJSONDefault, "denied", "legal-hold")
	lifted, err := officer.LiftHoldWithResponse(ctx, hold.ID, officer.as)
	if h := got(t, lifted.HTTPResponse, lifted.JSON200, lifted.ApplicationProblemJSONDefault, err); h.Until == nil {
		t.Errorf("lifted: %+v", h)
	}

	// The erasure has a certificate that the public keys verify.
	done, err := manager.EraseDocumentWithResponse(ctx, first, because, manager.as)
	erasure := got(t, done.HTTPResponse, done.JSON200, done.ApplicationProblemJSONDefault, err)
	keys, err := system.GetKeysWithResponse(ctx)
	published := got(t, keys.HTTPResponse, keys.JSON200, keys.ApplicationProblemJSONDefault, err)
	claims, err := api.VerifyDestruction(published, *erasure.Certificate)
	if err != nil || *claims.Document != first || claims.Documents != 1 || claims.Ledger != string(s.Client) {
		t.Errorf("the certificate says %+v, %v", claims, err)
	}
	read, err := officer.GetErasureWithResponse(ctx, erasure.ID, officer.as)
	if e := got(t, read.HTTPResponse, read.JSON200, read.ApplicationProblemJSONDefault, err); *e.Certificate != *erasure.Certificate {
		t.Error("another certificate the second time")
	}
	_, err = api.Fetch(ctx, handler.raw, first, handler.as)
	wantReason(t, err, "denied", "document-state")
	record, err := system.GetDocumentWithResponse(ctx, first, system.as)
	if d := got(t, record.HTTPResponse, record.JSON200, record.ApplicationProblemJSONDefault, err); d.State != api.DocumentStateErased || d.FileName != "" {
		t.Errorf("got document %+v", d)
	}
	listed, err := handler.ListDocumentsWithResponse(ctx, string(batch), nil, handler.as)
	if p := got(t, listed.HTTPResponse, listed.JSON200, listed.ApplicationProblemJSONDefault, err); len(p.Items) != 1 || p.Items[0].ID != second {
		t.Errorf("listed %+v", p)
	}

	// The contract, after its end, by two people.
	early, err := manager.ProposeErasureWithResponse(ctx, string(s.Contract), because, manager.as)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, early.ApplicationProblemJSONDefault, "denied", "contract-not-ended")
	ended, err := manager.TerminateContractWithResponse(ctx, string(s.Contract), because, manager.as)
	got(t, ended.HTTPResponse, ended.JSON200, ended.ApplicationProblemJSONDefault, err)
	whole, err := officer.HoldContractWithResponse(ctx, string(s.Contract), because, officer.as)
	got(t, whole.HTTPResponse, whole.JSON201, whole.ApplicationProblemJSONDefault, err)
	holds, err := manager.ListHoldsWithResponse(ctx, string(s.Contract), nil, manager.as)
	if p := got(t, holds.HTTPResponse, holds.JSON200, holds.ApplicationProblemJSONDefault, err); len(p.Items) != 2 {
		t.Errorf("listed %+v", p)
	}
	unheld, err := officer.LiftHoldWithResponse(ctx, whole.JSON201.ID, officer.as)
	got(t, unheld.HTTPResponse, unheld.JSON200, unheld.ApplicationProblemJSONDefault, err)
	proposed, err := manager.ProposeErasureWithResponse(ctx, string(s.Contract), because, manager.as)
	proposal := got(t, proposed.HTTPResponse, proposed.JSON201, proposed.ApplicationProblemJSONDefault, err)
	alone, err := manager.ApproveErasureWithResponse(ctx, proposal.ID, manager.as)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, alone.ApplicationProblemJSONDefault, "denied", "same-person")
	approved, err := approver.ApproveErasureWithResponse(ctx, proposal.ID, approver.as)
	e := got(t, approved.HTTPResponse, approved.JSON200, approved.ApplicationProblemJSONDefault, err)
	claims, err = api.VerifyDestruction(published, *e.Certificate)
	if err != nil || claims.Documents != 1 || claims.Document != nil || claims.Method[0] != "contract-keys-destroyed" {
		t.Errorf("the certificate says %+v, %v", claims, err)
	}
}

func TestErasuresAndHoldsOfOthersDoNotExist(t *testing.T) {
	s := serve(t)
	_, documents := s.Sent(t, 1)
	h, err := s.Gateway.HoldDocument(t.Context(), s.Officer, documents[0].ID, "case 17")
	if err != nil {
		t.Fatal(err)
	}
	reason := `{"reason":"because"}`
	for _, c := range []struct{ method, path, body string }{
		{http.MethodPost, "/v1/documents/" + string(documents[0].ID) + "/erasure", reason},
		{http.MethodPost, "/v1/documents/" + string(documents[0].ID) + "/holds", reason},
		{http.MethodPost, "/v1/contracts/" + string(s.Contract) + "/erasures", reason},
		{http.MethodGet, "/v1/contracts/" + string(s.Contract) + "/holds", ""},
		{http.MethodDelete, "/v1/holds/" + string(h.ID), ""},
		{http.MethodDelete, "/v1/holds/h_aaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
		{http.MethodDelete, "/v1/holds/x", ""},
		{http.MethodGet, "/v1/erasures/x_aaaaaaaaaaaaaaaaaaaaaaaaaa", ""},
		{http.MethodPost, "/v1/erasures/..", ""},
	} {
		r := s.request(t, s.Stranger, c.method, "/", c.body, nil)
		r.URL.Opaque = c.path
		wantProblem(t, s.do(t, r), http.StatusNotFound, "not-found")
	}
}
