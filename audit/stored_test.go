package audit_test

import (
	"errors"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

func TestStored(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := threeEvents(t, db)
		stored, err := ledger.Stored(t.Context(), client(1), []int64{2, 0})
		if err != nil || len(stored) != 2 || stored[0].Event.Seq != 2 || stored[1].Event.Seq != 0 {
			t.Fatalf("%v, %v", stored, err)
		}
		for _, s := range stored {
			leaf, err := s.Event.Leaf()
			if err != nil || string(leaf) != string(s.Leaf) || !s.Opening.Check(s.Event.Commitment) || s.Event.Private["address"] == "" {
				t.Errorf("event %d: %s, %v", s.Event.Seq, s.Leaf, err)
			}
		}
		same, err := ledger.StoredByID(t.Context(), client(1), stored[0].Event.ID)
		if err != nil || same.Event.Seq != 2 {
			t.Errorf("by id: %v, %v", same.Event, err)
		}
		if _, err := ledger.StoredByID(t.Context(), client(2), stored[0].Event.ID); !errors.Is(err, audit.ErrAbsent) {
			t.Errorf("in another ledger: %v", err)
		}
		execute(t, db, `UPDATE audit_event SET priv = NULL, priv_salt = NULL WHERE seq = 0`)
		execute(t, db, `UPDATE audit_event SET priv_salt = NULL WHERE seq = 1`)
		if stored, err = ledger.Stored(t.Context(), client(1), []int64{0}); err != nil || stored[0].Opening != nil {
			t.Errorf("erased: %v, %v", stored, err)
		}
		for _, seq := range []int64{1, 3} { // its erasable data was tampered with; there is none
			if _, err := ledger.Stored(t.Context(), client(1), []int64{seq}); !errors.Is(err, audit.ErrTampered) {
				t.Errorf("event %d: %v", seq, err)
			}
		}
	})
}
