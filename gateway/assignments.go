package gateway

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// NewAssignment is what Assign needs.
type NewAssignment struct {
	Person PersonID

	// Documents names what is assigned, or All assigns every document of the batch. It is
	// one of the two: an empty list is what a caller sends whose own listing came back
	// empty, and means nothing.
	Documents []DocumentID
	All       bool
}

// maxAssigned bounds the documents that one request may name.
const maxAssigned = 10_000

func (n NewAssignment) check() error {
	switch {
	case n.All && len(n.Documents) > 0:
		return &Invalid{Kind: InvalidParameter, Field: "documents", Detail: "names documents beside all of them: send one of both"}
	case !n.All && len(n.Documents) == 0:
		return &Invalid{Kind: InvalidParameter, Field: "documents", Detail: "names none: name the documents, or send all for the whole batch"}
	case len(n.Documents) > maxAssigned:
		return &Invalid{Kind: InvalidParameter, Field: "documents", Detail: fmt.Sprintf("names more than %d", maxAssigned)}
	}
	return nil
}

// Assign gives documents of a sealed batch to a handler. A document is never assigned to
// two people. The same documents again for the same person are the same assignment.
func (g *Gateway) Assign(ctx context.Context, caller Caller, batch BatchID, n NewAssignment) (Assignment, error) {
	if err := n.check(); err != nil {
		return Assignment{}, err
	}
	var a Assignment
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionAssignmentCreate,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			// Two assignments of one batch must queue, because each has to see the
			// other's documents.
			if _, err := tx.BatchStateForChange(ctx, batch); err != nil {
				return err
			}
			_, err := s.OnBatch(ctx, tx, batch)
			return err
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			id, err := sameAssignment(ctx, tx, s, batch, n)
			if err == nil && id == "" {
				id, err = insertAssignment(ctx, tx, s, batch, n)
			}
			if err != nil {
				return err
			}
			s.Event().Assignment, s.Event().Subject = id, string(n.Person)
			a, err = readAssignment(ctx, tx, AssignmentID(id))
			return err
		},
	})
	return a, err
}

// sameAssignment finds the assignment that the caller has made by the same request. It is
// empty for none.
func sameAssignment(ctx context.Context, tx *database.Tx, s *choke.Scene, batch BatchID, n NewAssignment) (string, error) {
	standing, err := tx.StandingAssignments(ctx, queries.StandingAssignmentsParams{Batch: batch, Person: n.Person,
		AssignedBy: s.Caller().Person, Now: queries.At(s.Now())})
	if err != nil || len(standing) == 0 {
		return "", err
	}
	asked := slices.Clone(n.Documents)
	if n.All {
		if asked, err = tx.ReceivedOfBatch(ctx, batch); err != nil {
			return "", fmt.Errorf("listing documents: %w", err)
		}
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	for _, a := range standing {
		documents, err := tx.AssignmentDocuments(ctx, a)
		if err != nil {
			return "", fmt.Errorf("reading assigned documents: %w", err)
		}
		if slices.Equal(documents, asked) {
			return string(a), nil
		}
	}
	return "", nil
}

func insertAssignment(ctx context.Context, tx *database.Tx, s *choke.Scene, batch BatchID, n NewAssignment) (string, error) {
	roles, err := tx.MembershipsInForce(ctx, queries.MembershipsInForceParams{
		Person: n.Person, Contract: s.Contract(), Now: queries.At(s.Now())})
	if err != nil {
		return "", fmt.Errorf("reading memberships: %w", err)
	}
	if !slices.Contains(roles, policy.RoleHandler) {
		return "", &Invalid{Kind: InvalidParameter, Field: "person", Detail: "is not a handler on the contract"}
	}
	id := policy.NewID("a")
	err = tx.InsertAssignment(ctx, queries.InsertAssignmentParams{ID: policy.AssignmentID(id), Batch: batch, Contract: s.Contract(),
		Person: n.Person, AssignedBy: s.Caller().Person, ValidFrom: queries.At(s.Now())})
	if err != nil {
		return "", fmt.Errorf("inserting assignment: %w", err)
	}
	if err := assignDocuments(ctx, tx, s, AssignmentID(id), batch, n); err != nil {
		return "", err
	}
	twice, err := tx.AssignedTwice(ctx, queries.AssignedTwiceParams{Assignment: policy.AssignmentID(id), Now: queries.At(s.Now())})
	if err != nil {
		return "", fmt.Errorf("looking for other assignments: %w", err)
	}
	if twice > 0 {
		return "", &Conflict{Kind: ConflictAssigned, Detail: fmt.Sprintf("%d of the documents are assigned already", twice)}
	}
	return id, nil
}

func assignDocuments(ctx context.Context, tx *database.Tx, s *choke.Scene, id AssignmentID, batch BatchID, n NewAssignment) error {
	if n.All {
		assigned, err := tx.AssignEveryDocument(ctx, queries.AssignEveryDocumentParams{Assignment: string(id), Batch: batch})
		if err != nil {
			return fmt.Errorf("assigning every document: %w", err)
		}
		if assigned == 0 {
			return &Conflict{Kind: ConflictState, Detail: "the batch holds no document"}
		}
		return nil
	}
	documents := slices.Clone(n.Documents)
	slices.Sort(documents)
	for _, d := range slices.Compact(documents) {
		row, err := tx.Document(ctx, d)
		if err != nil || row.Batch != batch || row.State != policy.DocumentReceived {
			return choke.OrInvalid(err, &Invalid{Kind: InvalidParameter, Field: "documents", Detail: "names a document that the batch does not hold"})
		}
		if err := tx.InsertAssignmentDocument(ctx, queries.InsertAssignmentDocumentParams{Assignment: id, Document: row.ID}); err != nil {
			return fmt.Errorf("inserting assigned document: %w", err)
		}
	}
	return nil
}

// Lease starts the lease of an assignment. Its person may read the documents from now on,
// for the time that the contract sets. A lease that is repeated while it is held does not
// change.
func (g *Gateway) Lease(ctx context.Context, caller Caller, id AssignmentID) (Assignment, error) {
	var a Assignment
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionAssignmentLease,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			row, err := tx.AssignmentForChange(ctx, id)
			if err != nil {
				return err
			}
			if _, err := s.OnBatch(ctx, tx, row.Batch); err != nil {
				return err
			}
			return s.OnLease(ctx, tx, row)
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			if s.Facts().Work.Lease != policy.LeaseHeld {
				err = tx.InsertLease(ctx, queries.InsertLeaseParams{ID: policy.NewID("l"), Assignment: id,
					Person: caller.Person, ValidFrom: queries.At(s.Now()), ValidUntil: queries.At(s.Now().Add(s.Terms().Lease()))})
			}
			if err != nil {
				return fmt.Errorf("inserting lease: %w", err)
			}
			a, err = readAssignment(ctx, tx, id)
			return err
		},
	})
	return a, err
}

// Assignments lists the caller's own standing assignments, by id. It leaves out
// assignments whose contract hides the batch.
func (g *Gateway) Assignments(ctx context.Context, caller Caller, page Page) ([]Assignment, string, error) {
	var may choke.Allowance
	return choke.List(ctx, g.door, caller, page, choke.Listing[queries.Assignment, Assignment]{
		Action: policy.ActionAssignmentList,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			may = s.Allowance()
			return s.OnOwn(ctx, tx)
		},
		Cursor: choke.ByID("a"),
		Rows: func(ctx context.Context, tx *database.Tx, s *choke.Scene, after string, limit int32) ([]queries.Assignment, error) {
			return tx.AssignmentsOfPerson(ctx, queries.AssignmentsOfPersonParams{Person: caller.Person,
				Now: queries.At(s.Now()), After: policy.AssignmentID(after), Limit: limit})
		},
		After: func(row queries.Assignment) string { return string(row.ID) },
		Item: func(ctx context.Context, tx *database.Tx, _ *choke.Scene, row queries.Assignment) (a Assignment, shown bool, err error) {
			// Every assigned batch is sealed.
			if shown, err = may.Batch(ctx, tx, row.Contract, policy.BatchSealed); err != nil || !shown {
				return a, false, err
			}
			a, err = readAssignment(ctx, tx, row.ID)
			return a, true, err
		},
	})
}

func readAssignment(ctx context.Context, tx *database.Tx, id AssignmentID) (Assignment, error) {
	row, err := tx.Assignment(ctx, id)
	if err != nil {
		return Assignment{}, fmt.Errorf("reading assignment: %w", err)
	}
	documents, err := tx.AssignmentDocuments(ctx, id)
	if err != nil {
		return Assignment{}, fmt.Errorf("reading assigned documents: %w", err)
	}
	a := Assignment{ID: row.ID, Batch: row.Batch, Contract: row.Contract,
		Person: row.Person, Documents: documents, Assigned: row.ValidFrom.Time(), Ended: row.ValidUntil.Time()}
	a.LeaseFrom, a.LeaseUntil, err = readLease(ctx, tx, id)
	return a, err
}

func readLease(ctx context.Context, tx *database.Tx, assignment AssignmentID) (from, until time.Time, err error) {
	lease, err := tx.NewestLease(ctx, assignment)
	if choke.IsNoRows(err) {
		return time.Time{}, time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("reading lease: %w", err)
	}
	return lease.ValidFrom.Time(), lease.ValidUntil.Time(), nil
}

// BatchAssignments lists the standing assignments of a batch by id, with how far each has
// come. It is for the provider's manager.
func (g *Gateway) BatchAssignments(ctx context.Context, caller Caller, batch BatchID, page Page) ([]AssignmentProgress, string, error) {
	return choke.List(ctx, g.door, caller, page, choke.Listing[queries.BatchAssignmentsRow, AssignmentProgress]{
		Action: policy.ActionAssignmentInspect,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			_, err := s.OnBatch(ctx, tx, batch)
			return err
		},
		Cursor: choke.ByID("a"),
		Rows: func(ctx context.Context, tx *database.Tx, s *choke.Scene, after string, limit int32) ([]queries.BatchAssignmentsRow, error) {
			return tx.BatchAssignments(ctx, queries.BatchAssignmentsParams{Batch: batch, Now: queries.At(s.Now()),
				After: policy.AssignmentID(after), Limit: limit})
		},
		After: func(row queries.BatchAssignmentsRow) string { return string(row.Assignment.ID) },
		Item: func(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.BatchAssignmentsRow) (p AssignmentProgress, shown bool, err error) {
			p = AssignmentProgress{ID: row.Assignment.ID, Person: row.Assignment.Person, Assigned: row.Assignment.ValidFrom.Time(),
				Documents: row.Documents, Read: row.ReadDocuments}
			if row.Organisation == s.Organisation() {
				p.Name = row.Name
			}
			p.LeaseFrom, p.LeaseUntil, err = readLease(ctx, tx, p.ID)
			return p, true, err
		},
	})
}

// Revocation says what Revoke takes back: some documents, or all.
type Revocation struct {
	Documents []DocumentID
	All       bool
}

// Revoke takes documents of an assignment back from its person, who reads nothing more of
// them; a running download is cut. They can be assigned again, to the same person too.
// Documents that were taken back before do not count. It is for the provider's manager.
func (g *Gateway) Revoke(ctx context.Context, caller Caller, id AssignmentID, r Revocation) (Assignment, error) {
	if err := (NewAssignment{Documents: r.Documents, All: r.All}).check(); err != nil {
		return Assignment{}, err
	}
	return g.endWork(ctx, caller, policy.ActionAssignmentRevoke, id, func(ctx context.Context, tx *database.Tx, s *choke.Scene) (bool, error) {
		if r.All {
			return true, nil
		}
		return revokeSome(ctx, tx, s, id, r.Documents)
	})
}

// Release gives an assignment back, as a whole. It is for the person to whom it is
// assigned.
func (g *Gateway) Release(ctx context.Context, caller Caller, id AssignmentID) (Assignment, error) {
	return g.endWork(ctx, caller, policy.ActionAssignmentRelease, id,
		func(context.Context, *database.Tx, *choke.Scene) (bool, error) { return true, nil })
}

// endWork ends an assignment, unless some says that a part of it goes on.
func (g *Gateway) endWork(ctx context.Context, caller Caller, action policy.Action, id AssignmentID,
	some func(context.Context, *database.Tx, *choke.Scene) (whole bool, err error)) (Assignment, error) {
	var a Assignment
	_, err := g.door.Do(ctx, caller, choke.Hand(action,
		func(ctx context.Context, tx *database.Tx, s *choke.Scene) (queries.Assignment, error) {
			row, err := tx.AssignmentForChange(ctx, id)
			if err != nil {
				return row, err
			}
			if _, err := s.OnBatch(ctx, tx, row.Batch); err != nil {
				return row, err
			}
			if err := s.OnLease(ctx, tx, row); err != nil {
				return row, err
			}
			// An assignment that has ended can be given back again, which changes
			// nothing.
			s.Facts().Work.Assigned = row.Person == caller.Person
			s.Event().Subject = string(row.Person)
			return row, nil
		},
		func(ctx context.Context, tx *database.Tx, s *choke.Scene, row queries.Assignment) error {
			whole := false
			var err error
			if row.ValidUntil > queries.At(s.Now()) {
				if whole, err = some(ctx, tx, s); err != nil {
					return err
				}
			}
			if whole {
				if err := endAssignment(ctx, tx, s, id); err != nil {
					return err
				}
			}
			a, err = readAssignment(ctx, tx, id)
			return err
		}))
	return a, err
}

func endAssignment(ctx context.Context, tx *database.Tx, s *choke.Scene, id AssignmentID) error {
	if _, err := tx.EndAssignment(ctx, queries.EndAssignmentParams{ID: id, Now: queries.At(s.Now())}); err != nil {
		return fmt.Errorf("ending assignment: %w", err)
	}
	if err := tx.EndLeases(ctx, queries.EndLeasesParams{Assignment: id, Now: queries.At(s.Now())}); err != nil {
		return fmt.Errorf("ending leases: %w", err)
	}
	return nil
}

// revokeSome takes single documents back. When none is left, the whole assignment ends.
func revokeSome(ctx context.Context, tx *database.Tx, s *choke.Scene, id AssignmentID, documents []DocumentID) (whole bool, err error) {
	if len(documents) == 1 {
		s.Event().Document = string(documents[0])
	}
	for _, d := range documents {
		n, err := tx.EverAssigned(ctx, queries.EverAssignedParams{Assignment: id, Document: d})
		if err != nil {
			return false, fmt.Errorf("reading assigned documents: %w", err)
		}
		if n == 0 {
			return false, &Invalid{Kind: InvalidParameter, Field: "documents", Detail: "names a document that was never in the assignment"}
		}
		_, err = tx.EndAssignmentDocument(ctx, queries.EndAssignmentDocumentParams{Assignment: id, Document: d, Now: queries.At(s.Now())})
		if err != nil {
			return false, fmt.Errorf("taking a document back: %w", err)
		}
	}
	left, err := tx.AssignmentDocuments(ctx, id)
	if err != nil {
		return false, fmt.Errorf("reading assigned documents: %w", err)
	}
	return len(left) == 0, nil
}
