package database_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Parameters bind by their number, not by the order in which they appear.
func TestParametersBindByNumber(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		var second, first, again string
		err := db.Reader().QueryRow("SELECT CAST($2 AS text), CAST($1 AS text), CAST($2 AS text)", "one", "two").Scan(&second, &first, &again)
		if err != nil || first != "one" || second != "two" || again != "two" {
			t.Errorf("got %q, %q, %q: %v", second, first, again, err)
		}
	})
}

// Values come back as they were given, even at the ends of their ranges.
func TestValues(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		want := queries.ContractVersion{Contract: "c_1", Version: 1, Terms: []byte("é\x00\xff"), Digest: []byte{}, ProposedBy: "p_Ω",
			Proposed: 1<<63 - 1, EffectiveFrom: -1 << 63}
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			return tx.InsertContractVersion(ctx, queries.InsertContractVersionParams{Contract: want.Contract, Version: want.Version,
				Terms: want.Terms, Digest: want.Digest, ProposedBy: want.ProposedBy, Proposed: want.Proposed,
				EffectiveFrom: want.EffectiveFrom})
		})
		got := view(t, db, func(ctx context.Context, tx *database.Tx) (queries.ContractVersion, error) {
			return tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: "c_1", Version: 1})
		})
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" { // SQLite reads empty bytes as nil
			t.Errorf("want -, got +\n%s", diff)
		}
	})
}

// The database itself must refuse each of these, even if the code above it lets it pass.
func TestConstraints(t *testing.T) {
	refused := map[string]func(ctx context.Context, tx *database.Tx) error{
		"a second operator": func(ctx context.Context, tx *database.Tx) error {
			if err := organisation(ctx, tx, "o_op", "operator"); err != nil {
				return errors.Join(errNotTheCase, err)
			}
			return organisation(ctx, tx, "o_op2", "operator")
		},
		"an unknown kind of organisation": func(ctx context.Context, tx *database.Tx) error {
			return organisation(ctx, tx, "o_1", "insurer")
		},
		"a person of no organisation": func(ctx context.Context, tx *database.Tx) error {
			return tx.InsertPerson(ctx, queries.InsertPersonParams{ID: "p_1", Organisation: "o_none"})
		},
		"two statuses at once": func(ctx context.Context, tx *database.Tx) error {
			return tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: "cs_2", Contract: "c_1", Status: "suspended"})
		},
		"two states of a batch at once": func(ctx context.Context, tx *database.Tx) error {
			return tx.InsertBatchState(ctx, queries.InsertBatchStateParams{ID: "bs_2", Batch: "b_1", State: "sealed"})
		},
		"the same version twice": func(ctx context.Context, tx *database.Tx) error {
			v := queries.InsertContractVersionParams{Contract: "c_1", Version: 1, Terms: []byte("t"), Digest: []byte("d")}
			if err := tx.InsertContractVersion(ctx, v); err != nil {
				return errors.Join(errNotTheCase, err)
			}
			return tx.InsertContractVersion(ctx, v)
		},
		"a digest that is NULL": func(ctx context.Context, tx *database.Tx) error {
			return tx.InsertContractVersion(ctx, queries.InsertContractVersionParams{Contract: "c_1", Version: 1, Terms: []byte("t")})
		},
		"a header of no document": func(ctx context.Context, tx *database.Tx) error {
			return tx.InsertDocumentHeader(ctx, queries.InsertDocumentHeaderParams{Document: "d_none", Header: []byte("h"), Binding: []byte{}})
		},
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		for what, statement := range refused {
			err := db.InTx(t.Context(), statement)
			if err == nil || errors.Is(err, errNotTheCase) || !violatesConstraint(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

var errNotTheCase = errors.New("the statement before the one under test failed")

// A reference belongs to one upload of its batch. An abandoned upload frees its
// reference.
func TestAReferenceBelongsToOneUpload(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			for _, step := range []struct {
				id   string
				want bool
			}{{"d_1", true}, {"d_2", false}} {
				free, err := document(ctx, tx, step.id, "claim-1")
				if err != nil {
					return err
				}
				if free != step.want {
					t.Errorf("%s: reference free %v, want %v", step.id, free, step.want)
				}
			}
			if n, err := tx.AbandonDocument(ctx, "d_1"); n != 1 || err != nil {
				t.Errorf("AbandonDocument: %d rows, %v", n, err)
			}
			if n, err := receive(ctx, tx, "d_1"); n != 0 || err != nil {
				t.Errorf("ReceiveDocument after it was abandoned: %d rows, %v", n, err)
			}
			free, err := document(ctx, tx, "d_3", "claim-1")
			if !free {
				t.Error("an abandoned upload kept its reference")
			}
			return err
		})
		found := view(t, db, func(ctx context.Context, tx *database.Tx) (queries.Document, error) {
			return tx.DocumentByReference(ctx, queries.DocumentByReferenceParams{Batch: "b_1", Reference: "claim-1"})
		})
		if found.ID != "d_3" {
			t.Errorf("the reference names %s", found.ID)
		}
	})
}

// An idle upload is abandoned, and its object is deleted, and deleted again while a late
// write may still come. A document that was received, or an upload that runs, is never
// found.
func TestTheSweepFindsIdleUploadsAlone(t *testing.T) {
	const late, pause = 1000, 10
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			for _, id := range []string{"d_idle", "d_running", "d_received"} {
				if _, err := document(ctx, tx, id, id); err != nil { // all touched at 200
					return err
				}
			}
			if n, err := tx.TouchDocument(ctx, queries.TouchDocumentParams{ID: "d_running", Touched: 400}); n != 1 || err != nil {
				t.Errorf("TouchDocument: %d rows, %v", n, err)
			}
			_, err := receive(ctx, tx, "d_received")
			return err
		})
		idle := view(t, db, func(ctx context.Context, tx *database.Tx) ([]queries.Document, error) {
			return tx.IdleUploads(ctx, queries.IdleUploadsParams{IdleSince: 300, Limit: 10})
		})
		wantIDs(t, "idle", idle, "d_idle")
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			for id, want := range map[string]int64{"d_idle": 1, "d_running": 0, "d_received": 0} {
				n, err := tx.AbandonIdleDocument(ctx, queries.AbandonIdleDocumentParams{ID: policy.DocumentID(id), IdleSince: 300})
				if n != want || err != nil {
					t.Errorf("abandoning %s: %d rows, %v", id, n, err)
				}
			}
			return nil
		})
		for _, step := range []struct {
			now   int64
			found []string
		}{
			{500, []string{"d_idle"}},  // never swept
			{505, nil},                 // swept at 500, too short ago
			{600, []string{"d_idle"}},  // a late write may have come
			{1300, []string{"d_idle"}}, // the last time: after 200 + late
			{9999, nil},
		} {
			due := view(t, db, func(ctx context.Context, tx *database.Tx) ([]queries.Document, error) {
				return tx.SweepableUploads(ctx, queries.SweepableUploadsParams{Late: late, Pause: pause, Now: step.now, Limit: 10})
			})
			wantIDs(t, "to be swept", due, step.found...)
			for _, d := range due {
				write(t, db, func(ctx context.Context, tx *database.Tx) error {
					return tx.SetSwept(ctx, queries.SetSweptParams{ID: d.ID, Swept: queries.Micros(step.now)})
				})
			}
		}
	})
}

func wantIDs(t *testing.T, what string, documents []queries.Document, want ...string) {
	t.Helper()
	var got []string
	for _, d := range documents {
		got = append(got, string(d.ID))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: want -, got +\n%s", what, diff)
	}
}

// A version is in force if it is approved and its day has come. It is approved once.
func TestAVersionInForceIsApprovedAndDue(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		fill(t, db)
		write(t, db, func(ctx context.Context, tx *database.Tx) error {
			dates := map[int64]int64{1: 100, 2: 500, 3: 200}
			for version, from := range dates {
				if err := tx.InsertContractVersion(ctx, queries.InsertContractVersionParams{Contract: "c_1", Version: version,
					Terms: []byte("t"), Digest: []byte("d"), EffectiveFrom: queries.Micros(from)}); err != nil {
					return err
				}
			}
			for _, version := range []int64{1, 2} {
				approve := queries.ApproveVersionFromParams{Contract: "c_1", Version: version, ApprovedBy: "p_2",
					Approved: 90, EffectiveFrom: queries.Micros(dates[version])}
				if n, err := tx.ApproveVersionFrom(ctx, approve); n != 1 || err != nil {
					t.Errorf("approving: %d rows, %v", n, err)
				}
				if n, err := tx.ApproveVersionFrom(ctx, approve); n != 0 || err != nil {
					t.Errorf("approving again: %d rows, %v", n, err)
				}
			}
			return nil
		})
		for now, want := range map[int64]int64{99: 0, 100: 1, 499: 1, 500: 2} {
			var got int64
			err := db.View(t.Context(), func(ctx context.Context, tx *database.Tx) (err error) {
				got, err = tx.VersionInForce(ctx, queries.VersionInForceParams{Contract: "c_1", Now: queries.Micros(now)})
				return err
			})
			if none := errors.Is(err, sql.ErrNoRows); got != want || (want == 0) != none || (err != nil && !none) {
				t.Errorf("at %d version %d is in force (%v), want %d", now, got, err, want)
			}
		}
	})
}
