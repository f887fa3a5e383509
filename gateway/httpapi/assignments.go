package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// AssignDocuments assigns documents of a batch to a handler.
func (s *server) AssignDocuments(ctx context.Context, r AssignDocumentsRequestObject) (AssignDocumentsResponseObject, error) {
	ctx, caller := enter(ctx)
	if err := checkIdentifiers(map[string]*string{"person": &r.Body.Person}); err != nil {
		return nil, err
	}
	for i := range r.Body.Documents {
		if err := checkIdentifiers(map[string]*string{"document": &r.Body.Documents[i]}); err != nil {
			return nil, err
		}
	}
	a, err := s.gateway.Assign(ctx, caller, policy.BatchID(r.Batch), gateway.NewAssignment{
		Person: policy.PersonID(r.Body.Person), Documents: converted[policy.DocumentID](r.Body.Documents), All: r.Body.All,
	})
	return AssignDocuments201JSONResponse(toAssignment(a)), err
}

// ListAssignments gives a page of the caller's assignments.
func (s *server) ListAssignments(ctx context.Context, r ListAssignmentsRequestObject) (ListAssignmentsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	assignments, next, err := s.gateway.Assignments(ctx, caller, p)
	return ListAssignments200JSONResponse{Items: each(assignments, toAssignment), Next: orNil(next)}, err
}

// TakeLease takes the lease of an assignment.
func (s *server) TakeLease(ctx context.Context, r TakeLeaseRequestObject) (TakeLeaseResponseObject, error) {
	ctx, caller := enter(ctx)
	a, err := s.gateway.Lease(ctx, caller, policy.AssignmentID(r.Assignment))
	return TakeLease200JSONResponse(toAssignment(a)), err
}

// ListBatchAssignments gives a page of the assignments of a batch.
func (s *server) ListBatchAssignments(ctx context.Context, r ListBatchAssignmentsRequestObject) (ListBatchAssignmentsResponseObject, error) {
	ctx, caller := enter(ctx)
	p, err := page(r.Params.After, r.Params.Limit)
	if err != nil {
		return nil, err
	}
	list, next, err := s.gateway.BatchAssignments(ctx, caller, policy.BatchID(r.Batch), p)
	return ListBatchAssignments200JSONResponse{Items: each(list, toProgress), Next: orNil(next)}, err
}

// RevokeAssignment takes documents back from a handler.
func (s *server) RevokeAssignment(ctx context.Context, r RevokeAssignmentRequestObject) (RevokeAssignmentResponseObject, error) {
	ctx, caller := enter(ctx)
	for i := range r.Body.Documents {
		if err := checkIdentifiers(map[string]*string{"document": &r.Body.Documents[i]}); err != nil {
			return nil, err
		}
	}
	a, err := s.gateway.Revoke(ctx, caller, policy.AssignmentID(r.Assignment), gateway.Revocation{
		Documents: converted[policy.DocumentID](r.Body.Documents), All: r.Body.All,
	})
	return RevokeAssignment200JSONResponse(toAssignment(a)), err
}

// ReleaseAssignment gives an assignment back.
func (s *server) ReleaseAssignment(ctx context.Context, r ReleaseAssignmentRequestObject) (ReleaseAssignmentResponseObject, error) {
	ctx, caller := enter(ctx)
	a, err := s.gateway.Release(ctx, caller, policy.AssignmentID(r.Assignment))
	return ReleaseAssignment200JSONResponse(toAssignment(a)), err
}

func toProgress(p gateway.AssignmentProgress) api.Progress {
	return api.Progress{
		ID: string(p.ID), Person: string(p.Person), Name: orNil(p.Name), Assigned: p.Assigned, LeaseFrom: moment(p.LeaseFrom),
		LeaseUntil: moment(p.LeaseUntil), Documents: p.Documents, Read: p.Read,
	}
}

func toAssignment(a gateway.Assignment) api.Assignment {
	return api.Assignment{
		ID: string(a.ID), Batch: string(a.Batch), Contract: string(a.Contract), Person: string(a.Person),
		Documents: converted[string](a.Documents), Assigned: a.Assigned, Ended: moment(a.Ended),
		LeaseFrom: moment(a.LeaseFrom), LeaseUntil: moment(a.LeaseUntil),
	}
}
