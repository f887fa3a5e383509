package database_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// The queue lists batches of contracts on which the person has a role now, in the order
// of their opening, page by page.
func TestBatchesAreThoseOfThePersonsRoles(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db) // b_1, opened at 100; the handler is a member from 100 on
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			for id, opened := range map[string]int64{"b_4": 90, "b_2": 100, "b_3": 120} {
				if err := batch(ctx, tx, id, opened); err != nil {
					return err
				}
			}
			// Until 600 the person also fills the batches, none of which is sealed.
			if err := tx.InsertMembership(ctx, queries.InsertMembershipParams{ID: "m_2", Contract: "c_1", Person: "p_handler",
				Role: "client-system", ValidFrom: 100, ValidUntil: 600}); err != nil {
				return err
			}
			return assign(ctx, tx, "a_1", "b_2")
		})
		all := queries.BatchesParams{Person: "p_handler", Now: 500, Limit: 10}
		for name, test := range map[string]struct {
			change func(*queries.BatchesParams)
			want   []string
		}{
			"all":                   {func(p *queries.BatchesParams) {}, []string{"b_4", "b_1", "b_2", "b_3"}},
			"first page":            {func(p *queries.BatchesParams) { p.Limit = 2 }, []string{"b_4", "b_1"}},
			"next page":             {func(p *queries.BatchesParams) { p.AfterOpened, p.After = 100, "b_1" }, []string{"b_2", "b_3"}},
			"by state":              {func(p *queries.BatchesParams) { p.State = "sealed" }, nil},
			"assigned":              {func(p *queries.BatchesParams) { p.Assigned = "p_handler" }, []string{"b_2"}},
			"as a handler only":     {func(p *queries.BatchesParams) { p.Now = 600 }, nil},
			"before the membership": {func(p *queries.BatchesParams) { p.Now = 99 }, nil},
			"another person":        {func(p *queries.BatchesParams) { p.Person = "p_other" }, nil},
		} {
			params := all
			test.change(&params)
			rows := view(t, db, func(ctx context.Context, tx *database.Tx) ([]queries.BatchesRow, error) {
				return tx.Batches(ctx, params)
			})
			var got []string
			for _, row := range rows {
				got = append(got, string(row.Batch.ID))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: want -, got +\n%s", name, diff)
			}
		}
	})
}

// The documents of a batch are those received, by reference, or only those that are
// assigned to a person.
func TestDocumentsOfABatchAreThoseReceived(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			for _, id := range []string{"d_c", "d_a", "d_b"} {
				if err := receivedDocument(ctx, tx, id); err != nil {
					return err
				}
			}
			if _, err := document(ctx, tx, "d_running", "d_running"); err != nil {
				return err
			}
			if err := assign(ctx, tx, "a_1", "b_1"); err != nil {
				return err
			}
			return tx.InsertAssignmentDocument(ctx, queries.InsertAssignmentDocumentParams{Assignment: "a_1", Document: "d_b"})
		})
		for name, test := range map[string]struct {
			params queries.DocumentsOfBatchParams
			want   []string
		}{
			"all":       {queries.DocumentsOfBatchParams{Batch: "b_1", Limit: 10}, []string{"d_a", "d_b", "d_c"}},
			"next page": {queries.DocumentsOfBatchParams{Batch: "b_1", Limit: 1, After: "d_a"}, []string{"d_b"}},
			"assigned":  {queries.DocumentsOfBatchParams{Batch: "b_1", Limit: 10, Assigned: "p_handler"}, []string{"d_b"}},
			"other":     {queries.DocumentsOfBatchParams{Batch: "b_1", Limit: 10, Assigned: "p_other"}, nil},
		} {
			rows := view(t, db, func(ctx context.Context, tx *database.Tx) ([]queries.DocumentsOfBatchRow, error) {
				return tx.DocumentsOfBatch(ctx, test.params)
			})
			var got []string
			for _, row := range rows {
				got = append(got, string(row.Document.ID))
				if row.FileName != "Schadensmeldung Müller.pdf" {
					t.Errorf("file name %q", row.FileName)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: want -, got +\n%s", name, diff)
			}
		}
	})
}

// A document may be in one standing assignment. Another one is counted until the first
// ends.
func TestASecondAssignmentOfADocumentIsCounted(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			for _, id := range []string{"d_1", "d_2"} {
				if err := receivedDocument(ctx, tx, id); err != nil {
					return err
				}
			}
			for _, id := range []string{"a_1", "a_2"} {
				if err := assign(ctx, tx, id, "b_1"); err != nil {
					return err
				}
				n, err := tx.AssignEveryDocument(ctx, queries.AssignEveryDocumentParams{Assignment: id, Batch: "b_1"})
				if n != 2 || err != nil {
					t.Errorf("AssignEveryDocument: %d rows, %v", n, err)
				}
			}
			return nil
		})
		twice := func(now int64) int64 {
			return view(t, db, func(ctx context.Context, tx *database.Tx) (int64, error) {
				return tx.AssignedTwice(ctx, queries.AssignedTwiceParams{Assignment: "a_2", Now: queries.Micros(now)})
			})
		}
		if n := twice(300); n != 2 {
			t.Errorf("%d documents assigned twice, want 2", n)
		}
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			for _, want := range []int64{1, 0} {
				n, err := tx.EndAssignment(ctx, queries.EndAssignmentParams{ID: "a_1", Now: 300})
				if n != want || err != nil {
					t.Errorf("EndAssignment: %d rows, want %d: %v", n, want, err)
				}
			}
			return nil
		})
		if n := twice(300); n != 0 {
			t.Errorf("%d documents assigned twice after the first assignment ended", n)
		}
		held := view(t, db, func(ctx context.Context, tx *database.Tx) (queries.Assignment, error) {
			return tx.AssignmentOfDocument(ctx, queries.AssignmentOfDocumentParams{Document: "d_1", Person: "p_handler", Now: 300})
		})
		if held.ID != "a_2" {
			t.Errorf("the document's assignment is %s", held.ID)
		}
	})
}

func assign(ctx context.Context, tx *database.Tx, id, batch string) error {
	return tx.InsertAssignment(ctx, queries.InsertAssignmentParams{ID: policy.AssignmentID(id), Batch: policy.BatchID(batch), Contract: "c_1", Person: "p_handler",
		AssignedBy: "p_handler", ValidFrom: 200})
}

// receivedDocument is a document of b_1 whose reference is its id.
func receivedDocument(ctx context.Context, tx *database.Tx, id string) error {
	if _, err := document(ctx, tx, id, id); err != nil {
		return err
	}
	if _, err := receive(ctx, tx, id); err != nil {
		return err
	}
	return tx.InsertDocumentHeader(ctx, queries.InsertDocumentHeaderParams{Document: policy.DocumentID(id), Epoch: 1, Header: []byte("h"), Binding: []byte{},
		FileName: "Schadensmeldung Müller.pdf"})
}
