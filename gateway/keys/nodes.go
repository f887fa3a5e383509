package keys

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// A root may be retired only when no gateway that runs has that root and no newer one: from then on it could open nothing.
// So each gateway tells the database, as long as it runs, which roots it has at hand.
const (
	// announceEvery is how often a gateway tells, and nodeLost after how long one that tells nothing any more counts as gone.
	// Between them lies more than the clocks of two machines should differ by.
	announceEvery = time.Minute
	nodeLost      = 10 * time.Minute
)

// Node is a gateway that runs.
type Node struct {
	Name  string    `json:"name"`  // of one run of one process: host.random
	Roots []string  `json:"roots"` // at hand, by fingerprint
	Seen  time.Time `json:"seen"`
}

// nodeName names one run of one process.
func nodeName(host string) string {
	if host == "" {
		host = "unknown"
	}
	return host + "." + strings.ToLower(rand.Text()[:8])
}

// StayAnnounced tells which roots are at hand until ctx ends, and then that this gateway runs no more.
func (kp *Keeper) StayAnnounced(ctx context.Context) {
	pause := time.NewTicker(announceEvery)
	defer pause.Stop()
	for {
		if err := kp.Announce(ctx); err != nil && ctx.Err() == nil {
			kp.log.Error("telling which roots are at hand failed", "error", err)
		}
		select {
		case <-ctx.Done():
			kp.leave(ctx)
			return
		case <-pause.C:
		}
	}
}

// Announce tells once, and forgets gateways that are gone.
func (kp *Keeper) Announce(ctx context.Context) error {
	now := kp.door.Now()
	return kp.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error {
		for _, root := range kp.root.Fingerprints() {
			if err := tx.SetNodeRoot(ctx, queries.SetNodeRootParams{Node: kp.node, Fingerprint: root, Seen: queries.At(now)}); err != nil {
				return fmt.Errorf("writing node: %w", err)
			}
		}
		if err := tx.DeleteNodeRootsBefore(ctx, queries.At(now.Add(-nodeLost))); err != nil {
			return fmt.Errorf("forgetting nodes: %w", err)
		}
		return nil
	})
}

// leave tells that this gateway runs no more. If it fails, the others take this one for running until nodeLost.
func (kp *Keeper) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), choke.CleanUp)
	defer cancel()
	err := kp.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error { return tx.DeleteNodeRoots(ctx, kp.node) })
	if err != nil {
		kp.log.Warn("telling that this gateway stops failed", "error", err)
	}
}

// nodesAt lists the gateways that run, by name.
func nodesAt(ctx context.Context, tx *database.Tx, now time.Time) ([]Node, error) {
	rows, err := tx.NodeRootsSince(ctx, queries.At(now.Add(-nodeLost)))
	if err != nil {
		return nil, fmt.Errorf("reading nodes: %w", err)
	}
	var nodes []Node
	for _, r := range rows {
		if len(nodes) == 0 || nodes[len(nodes)-1].Name != r.Node {
			nodes = append(nodes, Node{Name: r.Node, Seen: r.Seen.Time()})
		}
		last := &nodes[len(nodes)-1]
		last.Roots = append(last.Roots, r.Fingerprint)
	}
	return nodes, nil
}

// checkNodes refuses to seal to roots of which a gateway that runs has none.
func checkNodes(ctx context.Context, tx *database.Tx, to *keyring.Root, now time.Time) error {
	nodes, err := nodesAt(ctx, tx, now)
	if err != nil {
		return err
	}
	var without []string
	for _, n := range nodes {
		if !slices.ContainsFunc(n.Roots, func(root string) bool { return slices.Contains(to.Fingerprints(), root) }) {
			without = append(without, n.Name)
		}
	}
	if len(without) == 0 {
		return nil
	}
	return &choke.Conflict{Kind: choke.ConflictState, Detail: fmt.Sprintf("these gateways run without the new root, and could open nothing any more: %s. "+
		"Give them the root of today and restart them; one that did not stop in good order counts for %.0f minutes",
		strings.Join(without, ", "), nodeLost.Minutes())}
}
