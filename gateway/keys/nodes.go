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

// A root may be retired only if every running gateway has a newer one, because otherwise
// that gateway could open nothing. So each running gateway writes into the database which
// roots it has.
const (
	// announceEvery is how often a gateway writes its row. nodeLost is the age at which a
	// row counts as gone. The difference is more than the clocks of two machines should
	// differ by.
	announceEvery = time.Minute
	nodeLost      = 10 * time.Minute
)

// Node is a running gateway.
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

// StayAnnounced announces the roots at hand until ctx ends, and then removes the
// announcement.
func (kp *Keeper) StayAnnounced(ctx context.Context) {
	pause := time.NewTicker(announceEvery)
	defer pause.Stop()
	for {
		if err := kp.Announce(ctx); err != nil && ctx.Err() == nil {
			kp.log.Error("announcing which roots are at hand failed", "error", err)
		}
		select {
		case <-ctx.Done():
			kp.leave(ctx)
			return
		case <-pause.C:
		}
	}
}

// Announce writes this gateway's row once, and removes the rows of gateways that are
// gone.
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

// leave removes this gateway's row. If that fails, the other gateways take this one for
// running until nodeLost has passed.
func (kp *Keeper) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), choke.CleanUp)
	defer cancel()
	err := kp.owner.Step(ctx, func(ctx context.Context, tx *database.Tx) error { return tx.DeleteNodeRoots(ctx, kp.node) })
	if err != nil {
		kp.log.Warn("recording that this gateway stops failed; the others take it for running for a while", "error", err)
	}
}

// nodesAt lists the running gateways by name.
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

// checkNodes refuses to rewrap for roots while a running gateway has none of them.
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
	return &choke.Conflict{Kind: choke.ConflictState, Detail: fmt.Sprintf("these gateways run without the new root and could open nothing: %s. "+
		"Give them the newest root file and restart them; one that crashed counts as running for %.0f minutes",
		strings.Join(without, ", "), nodeLost.Minutes())}
}
