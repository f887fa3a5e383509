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

// A process that lives can lose the end of an access too. The database was unavailable
// when the end was to be recorded, or its answer was lost, or the grant itself was never
// acknowledged and nothing was released. The caller then calls Orphan, and Run closes the
// access if it is still open, as it does for a process that died.

// orphans are the accesses of this process whose end it will not record, with the time at
// which they were orphaned.
type orphans struct {
	mu    sync.Mutex
	since map[Ticket]time.Time
}

// Orphan says that this process will not record the end of the granted access. After
// Config.Lost the access is closed as unknown, unless its end is in the ledger by then.
// For a grant that is not in the ledger, or has ended, Orphan has no effect.
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

// closeOrphans closes accesses that were orphaned so long ago that no transaction of that
// time can still commit. After a failure a later heartbeat tries again.
func (l *Ledger) closeOrphans(ctx context.Context) error {
	grants := l.orphans.before(time.Now().Add(-l.config.Lost), l.config.Batch)
	if len(grants) == 0 {
		return nil
	}
	// The outbox comes first: a grant that waits there, because the database was
	// unavailable for long, is open only once it is sequenced.
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

// openAmong reads the grants that are still open.
func (l *Ledger) openAmong(ctx context.Context, tx *sql.Tx, grants []Ticket) ([]event.Event, error) {
	ids := make([]string, len(grants))
	for i, grant := range grants {
		ids[i] = grant.Event
	}
	condition, args := l.oneOf("o.event", ids)
	open, err := readGrants(ctx, tx, condition, args...)
	return slices.DeleteFunc(open, func(e event.Event) bool { return !slices.Contains(grants, Ticket{e.Ledger, e.ID}) }), err
}
