package audit_test

import (
	"errors"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
)

// A replica that finds a database rolled back halts the ledgers of all. The epoch that
// takes over the published history ends the halt. Nothing else does: a key cannot be
// replaced meanwhile.
func TestAnEpochLiftsAHalt(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		stop := start(t, ledger)
		mustAppend(t, ledger, db, client(1), read(0))
		restore := backUp(t, db)
		mustAppend(t, ledger, db, client(1), read(1))
		before := keptOutside(t, ledger, client(1))
		stop()
		restore()
		open(t, config(db)).Halt(errors.New("two histories"))

		ledger = open(t, config(db))
		rekeyed := event.Event{Phase: event.PhaseState, Action: event.ActionRekey, Outcome: event.OutcomeAllow, Reason: "local", Actor: "system"}
		if n, err := ledger.RotateKey(t.Context(), otherKey(9), rekeyed); err == nil {
			t.Errorf("the key of %d halted ledgers was replaced", n)
		}
		ledger = open(t, config(db))
		beginEpoch(t, ledger, client(1), before, false)
		ledger = open(t, config(db))
		start(t, ledger)
		if seq := mustAppend(t, ledger, db, client(1), read(2)); seq != 3 {
			t.Errorf("the next event is %d", seq)
		}
	})
}
