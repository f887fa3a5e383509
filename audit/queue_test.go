package audit_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
)

// While nothing is sequenced the queue fills up. Then the next event is refused at once,
// appended or with an act, and no waiting event is lost. When the sequencer comes back,
// all of them are recorded, and new events are accepted.
func TestAFullQueueRefusesAndRecovers(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		var group sync.WaitGroup
		for i := range audit.MaxQueued {
			group.Go(func() {
				if _, err := ledger.Append(t.Context(), client(i%3), read(i)); err != nil {
					t.Errorf("an event that was taken: %v", err)
				}
			})
		}
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if queued, waited := ledger.Queued(); queued == audit.MaxQueued && waited == audit.MaxQueued {
				break
			}
		}
		// Neither waits: the ledger waits for minutes, as its test's configuration says.
		if _, err := ledger.Append(t.Context(), client(0), read(0)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("one more is appended: %v", err)
		}
		if _, err := stage(t.Context(), ledger, db.Writer(), client(0), read(0)); !errors.Is(err, audit.ErrUnavailable) {
			t.Errorf("one more is staged: %v", err)
		}

		start(t, ledger)
		group.Wait()
		mustAppend(t, ledger, db, client(0), read(0))
		if _, err := ledger.Append(t.Context(), client(0), read(0)); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		events := 0
		for i := range 3 {
			events += len(verified(t, ledger, client(i)))
		}
		if events != audit.MaxQueued+2 {
			t.Errorf("there are %d events, want %d", events, audit.MaxQueued+2)
		}
	})
}
