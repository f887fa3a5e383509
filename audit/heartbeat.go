package audit

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// A process that dies leaves accesses whose end is not known. So each process with
// running accesses writes heartbeats, and every process watches the others. The first to
// find one stale for long enough closes its grants as unknown. A watcher compares
// heartbeats with those it saw before, by its own clock. It never compares the clocks of
// two machines.
//
// A process that was only slow may record the end after the unknown. The ledger then has
// both, and package audit/verify accepts the later end.

// nodeOf names one run of one process. After a restart on the same machine, accesses of
// the run before belong to another node.
func nodeOf(host string) string {
	return host + "." + strings.ToLower(rand.Text()[:8])
}

// watch is what a process has seen of the others' heartbeats.
type watch struct {
	seen map[string]sighting
}

type sighting struct {
	beat  int64
	since time.Time // when beat was first seen
}

// showLife writes a heartbeat. A process without a running access writes nothing.
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

// staleNodes lists the other processes that have running accesses and no new heartbeat
// for Config.Lost.
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
	var nodes []stale
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
			nodes = append(nodes, s)
		}
	}
	return nodes, rows.Err()
}

// tick is the work of Run at each heartbeat: halts, heartbeats, grants of stale nodes,
// orphaned grants, and missing index rows.
func (l *Ledger) tick(ctx context.Context, w *watch) error {
	if err := l.tickHalt(ctx); err != nil || l.Halted() != nil {
		return err
	}
	if err := l.showLife(ctx); err != nil {
		return fmt.Errorf("showing that this node lives: %w", err)
	}
	nodes, err := l.staleNodes(ctx, w)
	if err != nil {
		return fmt.Errorf("watching other nodes: %w", err)
	}
	if err := l.closeGrants(ctx, nodes); err != nil {
		return err
	}
	if err := l.closeOrphans(ctx); err != nil {
		return err
	}
	return l.indexBehind(ctx, func() bool { return len(l.wake) > 0 }) // an event waits for its place
}

// closeGrants closes the grants of stale nodes and forgets those nodes.
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

// leave is a clean stop: it sequences the outbox and closes the accesses that this
// process leaves running, because their end will not be recorded. If it fails, another
// replica or the next start does the work later.
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
