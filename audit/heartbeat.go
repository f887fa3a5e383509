package audit

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// A process that dies leaves accesses of which nobody knows how they ended. So each
// process that has accesses running shows that it lives, and every process watches the
// others: the first to find one silent for long enough closes its grants as unknown. Only
// the beats are compared, with what the watcher saw before on its own clock; the clocks
// of two machines never are.
//
// A process that was only slow may tell the end after all, behind the unknown: the ledger
// then has both, and package audit/verify takes the later one for what it is.

// nodeOf names one run of one process: after a restart on the same machine the accesses
// of before are another's.
func nodeOf(host string) string {
	return host + "." + strings.ToLower(rand.Text()[:8])
}

// watch is what a process knows about the life of the others.
type watch struct {
	seen map[string]sighting
}

type sighting struct {
	beat  int64
	since time.Time // when beat was first seen
}

// showLife shows that this process lives, if that matters to anybody: while it has no
// access running it writes nothing.
func (l *Ledger) showLife(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	running, err := l.hasOpen(ctx)
	if err != nil || !running {
		return err
	}
	_, err = l.config.Writer.ExecContext(ctx, `INSERT INTO audit_node (node, heartbeat) VALUES ($1, 1)
		ON CONFLICT (node) DO UPDATE SET heartbeat = audit_node.heartbeat + 1`, l.node)
	return err
}

func (l *Ledger) hasOpen(ctx context.Context) (open bool, err error) {
	err = l.config.Reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM audit_open WHERE node = $1)`, l.node).Scan(&open)
	return open, err
}

// staleNodes looks which other processes have accesses running and have not moved for the
// time after which they count as dead.
func (l *Ledger) staleNodes(ctx context.Context, w *watch) ([]stale, error) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	rows, err := l.config.Reader.QueryContext(ctx, `SELECT o.node, COALESCE(n.heartbeat, 0) FROM (SELECT DISTINCT node FROM audit_open) o
		LEFT JOIN audit_node n ON n.node = o.node WHERE o.node <> $1`, l.node)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	now, before := time.Now(), w.seen
	w.seen = map[string]sighting{}
	var found []stale
	for rows.Next() {
		s := stale{reason: reasonNodeLost}
		if err := rows.Scan(&s.node, &s.beat); err != nil {
			return nil, err
		}
		last, known := before[s.node]
		if !known || last.beat != s.beat {
			last = sighting{beat: s.beat, since: now}
		}
		w.seen[s.node] = last
		if now.Sub(last.since) >= l.config.Lost {
			found = append(found, s)
		}
	}
	return found, rows.Err()
}

// tick is what Run does at each heartbeat, about the other processes and what they have
// left.
func (l *Ledger) tick(ctx context.Context, w *watch) error {
	if err := l.tickHalt(ctx); err != nil || l.Halted() != nil {
		return err
	}
	if err := l.showLife(ctx); err != nil {
		return fmt.Errorf("showing that this node lives: %w", err)
	}
	found, err := l.staleNodes(ctx, w)
	if err != nil {
		return fmt.Errorf("watching other nodes: %w", err)
	}
	if err := l.closeGrants(ctx, found); err != nil {
		return err
	}
	if err := l.closeOrphans(ctx); err != nil {
		return err
	}
	return l.indexBehind(ctx)
}

// closeGrants closes the grants of silent processes and forgets those processes.
func (l *Ledger) closeGrants(ctx context.Context, of []stale) error {
	if len(of) == 0 {
		return nil
	}
	for more := true; more; {
		var err error
		if more, err = l.round(ctx, of...); err != nil {
			return fmt.Errorf("closing the grants of nodes that are gone: %w", err)
		}
	}
	for _, s := range of {
		l.config.Logger.Info("closed the grants of a node that is gone", "node", s.node, "reason", s.reason)
		_, err := l.config.Writer.ExecContext(ctx, `DELETE FROM audit_node WHERE node = $1 AND heartbeat = $2
			AND NOT EXISTS (SELECT 1 FROM audit_open WHERE node = $1)`, s.node, s.beat)
		if err != nil {
			return fmt.Errorf("forgetting a node: %w", err)
		}
	}
	return nil
}

// leave is a clean stop: what was in the outbox is sequenced, and what this process has
// left running is closed, because nobody will tell its end. What fails here another
// replica, or the next start, does later.
func (l *Ledger) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roundTimeout)
	defer cancel()
	open, err := l.hasOpen(ctx)
	if err != nil || !open {
		return err
	}
	self := stale{node: l.node, reason: reasonNodeStopped}
	err = l.config.Reader.QueryRowContext(ctx, `SELECT COALESCE(MAX(heartbeat), 0) FROM audit_node WHERE node = $1`, l.node).Scan(&self.beat)
	if err != nil {
		return err
	}
	return l.closeGrants(ctx, []stale{self})
}
