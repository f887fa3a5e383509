package audit

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"
)

// maxKeptTiles is how many tiles a Prover keeps, 8 KiB each.
const maxKeptTiles = 256

// Prover proves many events of one tree. It keeps the checkpoint and the tiles that it
// has read. It is for one goroutine.
type Prover struct {
	tree       *Tree
	checkpoint []byte
	kept       map[tlog.Tile][]byte
}

// Prover makes a Prover for the tree.
func (t *Tree) Prover() (*Prover, error) {
	checkpoint, err := t.Checkpoint()
	if err != nil {
		return nil, err
	}
	return &Prover{tree: t, checkpoint: checkpoint, kept: map[tlog.Tile][]byte{}}, nil
}

// Checkpoint is the checkpoint that all its proofs lead to.
func (p *Prover) Checkpoint() []byte { return p.checkpoint }

// ProveEvent is Tree.ProveEvent.
func (p *Prover) ProveEvent(ctx context.Context, seq int64) ([]byte, error) {
	return p.tree.proveEvent(seq, p.tree.hashesKeeping(ctx, p.kept), p.checkpoint)
}
