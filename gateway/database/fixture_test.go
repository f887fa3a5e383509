package database_test

import (
	"context"
	"testing"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// forever is the end of a row without an end.
const forever = 1<<63 - 1

// write runs one transaction that must succeed.
func write(t *testing.T, db *database.DB, fn func(ctx context.Context, tx *database.Tx) error) {
	t.Helper()
	if err := db.InTx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// view reads one value, which must be there.
func view[T any](t *testing.T, db *database.DB, read func(ctx context.Context, tx *database.Tx) (T, error)) (v T) {
	t.Helper()
	err := db.View(t.Context(), func(ctx context.Context, tx *database.Tx) (err error) {
		v, err = read(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func count(t *testing.T, db *database.DB, table string) (n int) {
	t.Helper()
	if err := db.Reader().QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func insertOrganisation(t *testing.T, db *database.DB, id string) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *database.Tx) error { return organisation(ctx, tx, id, "client") })
}

func organisation(ctx context.Context, tx *database.Tx, id, kind string) error {
	return tx.InsertOrganisation(ctx, queries.InsertOrganisationParams{ID: policy.OrganisationID(id), Kind: kind, Name: "Éclair & Fils " + id, Country: "FR", Created: 1})
}

// fill makes the parties o_client and o_provider, the handler p_handler, the contract c_1
// (status cs_1, active) and its open batch b_1 (state bs_1), all from time 100 on.
func fill(t *testing.T, db *database.DB) {
	t.Helper()
	write(t, db, func(ctx context.Context, tx *database.Tx) error {
		for _, step := range []func() error{
			func() error { return organisation(ctx, tx, "o_client", "client") },
			func() error { return organisation(ctx, tx, "o_provider", "provider") },
			func() error {
				return tx.InsertPerson(ctx, queries.InsertPersonParams{ID: "p_handler", Organisation: "o_provider", Name: "Zoé",
					ValidFrom: 100, ValidUntil: forever})
			},
			func() error {
				_, err := tx.InsertContract(ctx, queries.InsertContractParams{ID: "c_1", Client: "o_client", Provider: "o_provider",
					Reference: "MOTOR-1", Created: 100})
				return err
			},
			func() error {
				return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: "cs_1", Contract: "c_1", Status: "active",
					ValidFrom: 100})
			},
			func() error {
				return tx.InsertMembership(ctx, queries.InsertMembershipParams{ID: "m_1", Contract: "c_1", Person: "p_handler",
					Role: "handler", ValidFrom: 100, ValidUntil: forever})
			},
			func() error { return batch(ctx, tx, "b_1", 100) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
}

func batch(ctx context.Context, tx *database.Tx, id string, opened int64) error {
	_, err := tx.InsertBatch(ctx, queries.InsertBatchParams{ID: policy.BatchID(id), Contract: "c_1", Reference: "ref " + id, Opened: queries.Micros(opened)})
	if err != nil {
		return err
	}
	return tx.InsertBatchState(ctx, queries.InsertBatchStateParams{ID: "bs_" + id, Batch: policy.BatchID(id), State: "open", ValidFrom: queries.Micros(opened)})
}

// document begins an upload into b_1 at time 200. It says whether the reference was free.
func document(ctx context.Context, tx *database.Tx, id, reference string) (bool, error) {
	n, err := tx.InsertDocument(ctx, queries.InsertDocumentParams{ID: policy.DocumentID(id), Batch: "b_1", Contract: "c_1", Version: 1,
		Reference: reference, Class: "scan", MediaType: "image/tiff", ObjectKey: "key of " + id, Size: -1, Digest: []byte{},
		SentBy: "p_handler", Created: 200})
	return n == 1, err
}

func receive(ctx context.Context, tx *database.Tx, id string) (int64, error) {
	return tx.ReceiveDocument(ctx, queries.ReceiveDocumentParams{ID: policy.DocumentID(id), Size: 10, Digest: []byte{0, 1, 255}, Received: 300})
}
