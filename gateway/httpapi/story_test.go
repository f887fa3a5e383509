package httpapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// player speaks as one person through the generated client, checked against the OpenAPI
// document.
type player struct {
	*api.ClientWithResponses
	raw *api.Client
	as  api.RequestEditorFn
}

// clients makes the generated clients on a service.
func (s *service) clients(t *testing.T) (*api.ClientWithResponses, *api.Client) {
	t.Helper()
	h := api.WithHTTPClient(&http.Client{Transport: newChecked(t)})
	c, err := api.NewClientWithResponses(s.URL, h)
	if err != nil {
		t.Fatal(err)
	}
	return c, c.ClientInterface.(*api.Client)
}

// signIn gives a person a credential and signs in with it.
func (s *service) signIn(t *testing.T, person string) player {
	t.Helper()
	c, raw := s.clients(t)
	credential := must(t)(s.Gateway.IssueCredential(t.Context(), s.Operator, policy.PersonID(person)))
	token, err := api.SignIn(t.Context(), raw, person, credential.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return player{c, raw, func(ctx context.Context, r *http.Request) error {
		r.Header.Set("X-Forwarded-For", gatewaytest.Address.String())
		return api.Bearer(token.AccessToken)(ctx, r)
	}}
}

// must fails the test on an error.
func must(t *testing.T) func(gateway.Credential, error) gateway.Credential {
	return func(c gateway.Credential, err error) gateway.Credential {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// got is the value of a generated response; an error ends the test.
func got[T any](t *testing.T, r *http.Response, value *T, p *api.Problem, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	v, err := api.Answer(r, value, p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestTheStory plays the main steps from end to end. Every request and every answer is
// checked against the OpenAPI document.
func TestTheStory(t *testing.T) {
	s := serve(t)
	ctx := t.Context()
	operator := s.signIn(t, string(s.Operator.Person))

	// Two organisations, and people in them.
	organisation := func(kind api.OrganisationKind, name string) string {
		r, err := operator.CreateOrganisationWithResponse(ctx, api.NewOrganisation{Kind: kind, Name: name, Country: "FR"}, operator.as)
		return got(t, r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault, err).ID
	}
	member := func(organisation, name string, duties ...api.Role) string {
		r, err := operator.AddMemberWithResponse(ctx, organisation, api.NewMember{Name: name, Duties: duties}, operator.as)
		return got(t, r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault, err).ID
	}
	client, provider := organisation(api.OrganisationKindClient, "Assurances Élan"), organisation(api.OrganisationKindProvider, "Traitement Sud")
	manager := s.signIn(t, member(client, "Mona", api.RoleContractManager))
	approver := s.signIn(t, member(client, "Alix", api.RoleContractManager))
	officer := s.signIn(t, member(client, "Odile", api.RoleComplianceOfficer))
	systemID, leadID, handlerID := member(client, "Claims system"), member(provider, "Paul"), member(provider, "Hana")
	system, lead, handler := s.signIn(t, systemID), s.signIn(t, leadID), s.signIn(t, handlerID)
	keyMade, err := operator.IssueCredentialWithResponse(ctx, handlerID, operator.as)
	if k := got(t, keyMade.HTTPResponse, keyMade.JSON201, keyMade.ApplicationProblemJSONDefault, err); k.Secret == "" || k.Person != handlerID {
		t.Errorf("got credential %+v", k)
	}

	// A contract, approved by two people, and its roles.
	terms := gatewaytest.Terms("STORY-1", gateway.OrganisationID(client), gateway.OrganisationID(provider))
	proposed, err := manager.ProposeContractWithBodyWithResponse(ctx, "application/yaml", bytes.NewReader(terms), manager.as)
	contract := got(t, proposed.HTTPResponse, proposed.JSON201, proposed.ApplicationProblemJSONDefault, err)
	if contract.Terms != string(terms) || contract.Status != api.ContractStatusProposed {
		t.Errorf("got contract %+v", contract)
	}
	approved, err := approver.ApproveContractWithResponse(ctx, contract.ID, api.Approval{Version: contract.Version}, approver.as)
	got(t, approved.HTTPResponse, approved.JSON200, approved.ApplicationProblemJSONDefault, err)
	var handlerRole string
	for person, role := range map[string]api.Role{systemID: api.RoleClientSystem, leadID: api.RoleProviderManager, handlerID: api.RoleHandler} {
		r, err := manager.GrantRoleWithResponse(ctx, contract.ID, api.NewMembership{Person: person, Role: role}, manager.as)
		m := got(t, r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault, err)
		if role == api.RoleHandler {
			handlerRole = m.ID
		}
	}
	listed, err := lead.ListContractsWithResponse(ctx, nil, lead.as)
	if page := got(t, listed.HTTPResponse, listed.JSON200, listed.ApplicationProblemJSONDefault, err); len(page.Items) != 1 {
		t.Errorf("the provider's manager sees %d contracts", len(page.Items))
	}

	// A batch, a document, its receipt.
	opened, err := system.OpenBatchWithResponse(ctx, contract.ID, api.NewBatch{Reference: "2026-03-01"}, system.as)
	batch := got(t, opened.HTTPResponse, opened.JSON201, opened.ApplicationProblemJSONDefault, err)
	content := gatewaytest.Content("claim-1", 50_000)
	sum := sha256.Sum256(content)
	upload, err := api.Send(ctx, system.raw, api.NewDocument{Batch: batch.ID, Reference: "claim-1", Class: "anything",
		MediaType: "text/plain", FileName: "Déclaration n° 1 – été.txt", Size: int64(len(content)), SHA256: sum[:]},
		bytes.NewReader(content), system.as)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := system.GetKeysWithResponse(ctx)
	claims, err := api.VerifyReceipt(got(t, keys.HTTPResponse, keys.JSON200, keys.ApplicationProblemJSONDefault, err), upload.Receipt.JWS)
	if err != nil || claims.SHA256 != hex.EncodeToString(sum[:]) || claims.Document != upload.Document.ID || claims.Size != 50_000 {
		t.Errorf("the receipt says %+v, %v", claims, err)
	}
	receipt, err := system.GetReceiptWithResponse(ctx, upload.Receipt.ID, system.as)
	if again := got(t, receipt.HTTPResponse, receipt.JSON200, receipt.ApplicationProblemJSONDefault, err); again.JWS != upload.Receipt.JWS {
		t.Error("another receipt the second time")
	}

	// Sealed, assigned, leased, read.
	sealed, err := system.SealBatchWithResponse(ctx, batch.ID, api.Manifest{Documents: 1, Bytes: 50_000, Totals: map[string]int64{"claims": 1}}, system.as)
	if b := got(t, sealed.HTTPResponse, sealed.JSON200, sealed.ApplicationProblemJSONDefault, err); b.State != api.BatchStateSealed || b.Totals["claims"] != 1 {
		t.Errorf("got batch %+v", b)
	}
	assigned, err := lead.AssignDocumentsWithResponse(ctx, batch.ID, api.NewAssignment{Person: handlerID, Documents: []string{upload.Document.ID}}, lead.as)
	assignment := got(t, assigned.HTTPResponse, assigned.JSON201, assigned.ApplicationProblemJSONDefault, err)
	_, err = api.Fetch(ctx, handler.raw, upload.Document.ID, handler.as)
	wantReason(t, err, "denied", "no-lease")
	leased, err := handler.TakeLeaseWithResponse(ctx, assignment.ID, handler.as)
	if a := got(t, leased.HTTPResponse, leased.JSON200, leased.ApplicationProblemJSONDefault, err); a.LeaseUntil == nil {
		t.Errorf("got assignment %+v", a)
	}
	queue, err := handler.ListBatchesWithResponse(ctx, &api.ListBatchesParams{Assigned: pointer(api.ListBatchesParamsAssignedMe), State: pointer(api.BatchStateSealed)}, handler.as)
	if page := got(t, queue.HTTPResponse, queue.JSON200, queue.ApplicationProblemJSONDefault, err); len(page.Items) != 1 {
		t.Errorf("the handler's queue has %d batches", len(page.Items))
	}
	own, err := handler.ListAssignmentsWithResponse(ctx, nil, handler.as)
	if page := got(t, own.HTTPResponse, own.JSON200, own.ApplicationProblemJSONDefault, err); len(page.Items) != 1 {
		t.Errorf("the handler has %d assignments", len(page.Items))
	}
	documents, err := handler.ListDocumentsWithResponse(ctx, batch.ID, nil, handler.as)
	if page := got(t, documents.HTTPResponse, documents.JSON200, documents.ApplicationProblemJSONDefault, err); len(page.Items) != 1 || page.Items[0].ID != upload.Document.ID {
		t.Errorf("the handler sees %+v", page)
	}
	record, err := handler.GetDocumentWithResponse(ctx, upload.Document.ID, handler.as)
	if d := got(t, record.HTTPResponse, record.JSON200, record.ApplicationProblemJSONDefault, err); d.FileName != "Déclaration n° 1 – été.txt" {
		t.Errorf("got document %+v", d)
	}
	download, err := api.Fetch(ctx, handler.raw, upload.Document.ID, handler.as)
	if err != nil {
		t.Fatal(err)
	}
	bytesRead, err := io.ReadAll(download)
	if err != nil || !bytes.Equal(bytesRead, content) || download.FileName != "Déclaration n° 1 – été.txt" || download.MediaType != "text/plain" {
		t.Errorf("downloaded %d bytes of %s %q, %v", len(bytesRead), download.MediaType, download.FileName, err)
	}

	// The reads, and the refusals.
	read, err := officer.ListEventsWithResponse(ctx, &api.ListEventsParams{Ledger: client, Document: &upload.Document.ID, Action: pointer("document.read")}, officer.as)
	events := got(t, read.HTTPResponse, read.JSON200, read.ApplicationProblemJSONDefault, err).Items
	if len(events) != 3 || events[0].Phase != api.PhaseCompleted || events[0].Actor != handlerID || events[0].Private["address"] != gatewaytest.Address.String() ||
		events[2].Outcome != api.OutcomeDeny || events[2].Reason != "no-lease" {
		t.Errorf("the ledger says %+v", events)
	}
	checkpoint, err := officer.GetCheckpointWithResponse(ctx, client, officer.as)
	if err != nil || checkpoint.StatusCode() != http.StatusOK || !bytes.Contains(checkpoint.Body, []byte("\n\n— ")) {
		t.Errorf("got checkpoint %q, %v", checkpoint.Body, err)
	}

	// Suspended, resumed; the role ended; the person gone; the contract terminated.
	suspended, err := manager.SuspendContractWithResponse(ctx, contract.ID, api.StatusChange{Reason: "incident"}, manager.as)
	got(t, suspended.HTTPResponse, suspended.JSON200, suspended.ApplicationProblemJSONDefault, err)
	_, err = api.Fetch(ctx, handler.raw, upload.Document.ID, handler.as)
	wantReason(t, err, "denied", "contract-suspended")
	resumed, err := manager.ResumeContractWithResponse(ctx, contract.ID, api.StatusChange{Reason: "over"}, manager.as)
	got(t, resumed.HTTPResponse, resumed.JSON200, resumed.ApplicationProblemJSONDefault, err)
	ended, err := manager.EndRoleWithResponse(ctx, contract.ID, handlerRole, manager.as)
	if err := errors.Join(err, api.Done(ended.HTTPResponse, ended.ApplicationProblemJSONDefault)); err != nil {
		t.Error(err)
	}
	left, err := operator.EndMemberWithResponse(ctx, handlerID, operator.as)
	if err := errors.Join(err, api.Done(left.HTTPResponse, left.ApplicationProblemJSONDefault)); err != nil {
		t.Error(err)
	}
	_, err = api.Fetch(ctx, handler.raw, upload.Document.ID, handler.as)
	wantReason(t, err, "not-found", "")
	terminated, err := manager.TerminateContractWithResponse(ctx, contract.ID, api.StatusChange{Reason: "end"}, manager.as)
	got(t, terminated.HTTPResponse, terminated.JSON200, terminated.ApplicationProblemJSONDefault, err)
	seen, err := manager.GetContractWithResponse(ctx, contract.ID, manager.as)
	if c := got(t, seen.HTTPResponse, seen.JSON200, seen.ApplicationProblemJSONDefault, err); c.Status != api.ContractStatusTerminated {
		t.Errorf("got contract %+v", c)
	}
	gone, err := system.GetBatchWithResponse(ctx, batch.ID, system.as)
	if err != nil || gone.ApplicationProblemJSONDefault == nil {
		t.Errorf("after the end: got %s, %v", gone.Body, err)
	}
}

func pointer[T any](v T) *T { return &v }

// wantReason fails the test unless err is a problem of the kind, and a denial for the
// reason.
func wantReason(t *testing.T, err error, kind, reason string) {
	t.Helper()
	var p *api.Problem
	if !errors.As(err, &p) || p.Kind() != kind || reason != "" && (p.Reason == nil || *p.Reason != reason) {
		t.Errorf("got %v, want %s %s", err, kind, reason)
	}
}
