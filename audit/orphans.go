package audit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// A process that lives can lose the end of an access too: the database was away when it
// was to be recorded, or its answer was lost, or the grant itself was never acknowledged
// and nothing was released on it. Who lost it says so with Orphan, and Run closes what is
// then still open, as it does for a process that died.

// orphans are the accesses of this process whose end it will not tell, with when that was
// noted.
type orphans struct {
	mu    sync.Mutex
	since map[Ticket]time.Time
}

// Orphan says that this process will not, or not any more, tell how the access ended that
// the event granted. After Config.Lost it is closed as unknown, unless its end is in the
// ledger by then. It may be called for a grant that is not in the ledger, or has ended:
// then it does nothing.
func (l *Ledger) Orphan(grant Ticket) {
	l.orphans.mu.Lock()
	defer l.orphans.mu.Unlock()
	if l.orphans.since == nil {
		l.orphans.since = map[Ticket]time.Time{}
	}
	l.orphans.since[grant] = time.Now()
}

// before lists at most n grants that were orphaned before the time.
func (g *orphans) before(t time.Time, n int) []Ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	var grants []Ticket
	for grant, since := range g.since {
		if since.Before(t) && len(grants) < n {
			grants = append(grants, grant)
		}
	}
	return grants
}

func (g *orphans) forget(grants []Ticket) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, grant := range grants {
		delete(g.since, grant)
	}
}

// closeOrphans closes what was orphaned long enough ago that no transaction of then can
// still commit. What fails is done at a later heartbeat.
func (l *Ledger) closeOrphans(ctx context.Context) error {
	grants := l.orphans.before(time.Now().Add(-l.config.Lost), l.config.Batch)
	if len(grants) == 0 {
		return nil
	}
	// First what is in the outbox, however long the database was away: a grant among it
	// is open only then.
	for _, of := range [][]stale{nil, {{node: l.node, reason: reasonEndLost, grants: grants}}} {
		for more := true; more; {
			var err error
			if more, err = l.round(ctx, of...); err != nil {
				return fmt.Errorf("closing accesses whose end was lost: %w", err)
			}
		}
	}
	l.orphans.forget(grants)
	return nil
}

// openAmong reads those of the grants that are open.
func (l *Ledger) openAmong(ctx context.Context, tx *sql.Tx, grants []Ticket) ([]event.Event, error) {
	ids := make([]string, len(grants))
	for i, grant := range grants {
		ids[i] = grant.Event
	}
	condition, args := l.oneOf("o.event", ids)
	open, err := readGrants(ctx, tx, condition, args...)
	return slices.DeleteFunc(open, func(e event.Event) bool { return !slices.Contains(grants, Ticket{e.Ledger, e.ID}) }), err
}
