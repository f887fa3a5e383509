package demo

import (
	"bytes"
	"context"
	"net/http"

	"github.com/bordereau/bordereau/gateway/api"
)

// requests are the gateway's operations with their two errors, of the transport and of
// the gateway, folded into one.
type requests struct{ client *api.ClientWithResponses }

func (q requests) createOrganisation(ctx context.Context, n api.NewOrganisation, as api.RequestEditorFn) (api.Organisation, error) {
	r, err := q.client.CreateOrganisationWithResponse(ctx, n, as)
	if err != nil {
		return api.Organisation{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
}

func (q requests) addMember(ctx context.Context, organisation string, n api.NewMember, as api.RequestEditorFn) (api.Member, error) {
	r, err := q.client.AddMemberWithResponse(ctx, organisation, n, as)
	if err != nil {
		return api.Member{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
}

func (q requests) issueCredential(ctx context.Context, person string, as api.RequestEditorFn) (api.Credential, error) {
	r, err := q.client.IssueCredentialWithResponse(ctx, person, as)
	if err != nil {
		return api.Credential{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
}

func (q requests) keys(ctx context.Context, as api.RequestEditorFn) (api.KeySet, error) {
	r, err := q.client.GetKeysWithResponse(ctx, as)
	if err != nil {
		return api.KeySet{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
}

func (q requests) propose(ctx context.Context, terms []byte, as api.RequestEditorFn) (api.Contract, error) {
	r, err := q.client.ProposeContractWithBodyWithResponse(ctx, "application/yaml", bytes.NewReader(terms), as)
	if err != nil {
		return api.Contract{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
}

func (q requests) approve(ctx context.Context, c api.Contract, as api.RequestEditorFn) (api.Contract, error) {
	r, err := q.client.ApproveContractWithResponse(ctx, c.ID, api.Approval{Version: c.Version}, as)
	if err != nil {
		return api.Contract{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
}

func (q requests) grantRole(ctx context.Context, contract string, n api.NewMembership, as api.RequestEditorFn) (api.Membership, error) {
	r, err := q.client.GrantRoleWithResponse(ctx, contract, n, as)
	if err != nil {
		return api.Membership{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
}

func (q requests) suspend(ctx context.Context, contract, reason string, as api.RequestEditorFn) (api.Contract, error) {
	r, err := q.client.SuspendContractWithResponse(ctx, contract, api.StatusChange{Reason: reason}, as)
	if err != nil {
		return api.Contract{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
}

func (q requests) resume(ctx context.Context, contract, reason string, as api.RequestEditorFn) (api.Contract, error) {
	r, err := q.client.ResumeContractWithResponse(ctx, contract, api.StatusChange{Reason: reason}, as)
	if err != nil {
		return api.Contract{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
}

func (q requests) openBatch(ctx context.Context, contract, reference string, as api.RequestEditorFn) (api.Batch, error) {
	r, err := q.client.OpenBatchWithResponse(ctx, contract, api.NewBatch{Reference: reference}, as)
	if err != nil {
		return api.Batch{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
}

func (q requests) seal(ctx context.Context, batch string, m api.Manifest, as api.RequestEditorFn) (api.Batch, error) {
	r, err := q.client.SealBatchWithResponse(ctx, batch, m, as)
	if err != nil {
		return api.Batch{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
}

func (q requests) assign(ctx context.Context, batch string, n api.NewAssignment, as api.RequestEditorFn) (api.Assignment, error) {
	r, err := q.client.AssignDocumentsWithResponse(ctx, batch, n, as)
	if err != nil {
		return api.Assignment{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
}

func (q requests) lease(ctx context.Context, assignment string, as api.RequestEditorFn) (api.Assignment, error) {
	r, err := q.client.TakeLeaseWithResponse(ctx, assignment, as)
	if err != nil {
		return api.Assignment{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
}

func (q requests) checkpoint(ctx context.Context, ledger string, as api.RequestEditorFn) (string, error) {
	r, err := q.client.GetCheckpointWithResponse(ctx, ledger, as)
	if err != nil {
		return "", err
	}
	var note *string
	if r.HTTPResponse.StatusCode == http.StatusOK {
		text := string(r.Body)
		note = &text
	}
	return api.Answer(r.HTTPResponse, note, r.ApplicationProblemJSONDefault)
}

func (q requests) events(ctx context.Context, p api.ListEventsParams, as api.RequestEditorFn) (api.EventPage, error) {
	r, err := q.client.ListEventsWithResponse(ctx, &p, as)
	if err != nil {
		return api.EventPage{}, err
	}
	return api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
}
