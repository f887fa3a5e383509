package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/schema"
)

// ErrAbsent says that a ledger has no such event, tile or size.
var ErrAbsent = schema.ErrAbsent

// Tree is a ledger at one size. Later events are not part of it, so its proofs, tiles and
// checkpoint fit together. Nothing that it returns disagrees with its root: a stored row
// that does is an ErrTampered.
type Tree struct {
	ledger *Ledger
	name   string
	epoch  int64
	tree   tlog.Tree
}

// Tree returns the ledger at its current size.
func (l *Ledger) Tree(ctx context.Context, ledger string) (*Tree, error) {
	if _, err := l.signers(ledger, 1); err != nil {
		return nil, fmt.Errorf("reading a tree: %w", err)
	}
	h, err := l.readHead(ctx, ledger)
	if err != nil {
		return nil, fmt.Errorf("reading a tree: %w", err)
	}
	root, err := h.compact.root()
	if err != nil {
		return nil, fmt.Errorf("reading a tree: %w", err)
	}
	return &Tree{ledger: l, name: ledger, epoch: l.Epoch(ledger), tree: tlog.Tree{N: h.size, Hash: root}}, nil
}

// Size is the number of events.
func (t *Tree) Size() int64 { return t.tree.N }

// Root is the root over them.
func (t *Tree) Root() tlog.Hash { return t.tree.Hash }

// At returns the same ledger at a smaller size.
func (t *Tree) At(ctx context.Context, size int64) (*Tree, error) {
	if size < 0 || size > t.tree.N {
		return nil, fmt.Errorf("%w: size", ErrAbsent)
	}
	root, err := tlog.TreeHash(size, t.hashes(ctx))
	if err != nil {
		return nil, fmt.Errorf("computing a root: %w", err)
	}
	return &Tree{ledger: t.ledger, name: t.name, epoch: t.epoch, tree: tlog.Tree{N: size, Hash: root}}, nil
}

// Epoch is the epoch whose name the tree's checkpoint has.
func (t *Tree) Epoch() int64 { return t.epoch }

// In returns the same tree under the name of another epoch.
func (t *Tree) In(epoch int64) *Tree {
	return &Tree{ledger: t.ledger, name: t.name, epoch: epoch, tree: t.tree}
}

// Checkpoint signs the tree as a C2SP tlog-checkpoint.
func (t *Tree) Checkpoint() ([]byte, error) {
	own, err := t.ledger.signers(t.name, t.epoch)
	if err != nil {
		return nil, fmt.Errorf("signing a checkpoint: %w", err)
	}
	body := log.Checkpoint{Origin: own[0].Name(), Size: uint64(t.tree.N), Hash: t.tree.Hash[:]}.Marshal()
	signers := make([]note.Signer, len(own))
	for i, s := range own {
		signers[i] = s
	}
	signed, err := note.Sign(&note.Note{Text: string(body)}, signers...)
	if err != nil {
		return nil, fmt.Errorf("signing a checkpoint: %w", err)
	}
	return signed, nil
}

// ProveEvent proves that the event is in the tree, as a C2SP tlog-proof. Its reader also
// needs the leaf and the verifier key.
func (t *Tree) ProveEvent(ctx context.Context, seq int64) ([]byte, error) {
	checkpoint, err := t.Checkpoint()
	if err != nil {
		return nil, err
	}
	return t.proveEvent(seq, t.hashes(ctx), checkpoint)
}

func (t *Tree) proveEvent(seq int64, from tlog.HashReader, checkpoint []byte) ([]byte, error) {
	if seq < 0 || seq >= t.tree.N {
		return nil, fmt.Errorf("%w: event", ErrAbsent)
	}
	hashes, err := tlog.ProveRecord(t.tree.N, seq, from)
	if err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	p := proof.TLogProof{Index: uint64(seq), Checkpoint: checkpoint}
	for _, hash := range hashes {
		p.Hashes = append(p.Hashes, hash)
	}
	return p.Marshal(), nil
}

// ProveConsistency proves that the tree begins with the first events of the ledger as it
// was at a smaller size. The proof is the body that a C2SP tlog-witness takes: the line
// "old" and the size, a hash in each line, an empty line, and the tree's checkpoint.
func (t *Tree) ProveConsistency(ctx context.Context, from int64) ([]byte, error) {
	if from < 0 || from > t.tree.N {
		return nil, fmt.Errorf("%w: size", ErrAbsent)
	}
	var hashes tlog.TreeProof
	var err error
	if from > 0 { // every tree begins with the empty one, which takes no proof
		if hashes, err = tlog.ProveTree(t.tree.N, from, t.hashes(ctx)); err != nil {
			return nil, fmt.Errorf("proving consistency: %w", err)
		}
	}
	checkpoint, err := t.Checkpoint()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "old %d\n", from)
	for _, hash := range hashes {
		fmt.Fprintln(&text, hash)
	}
	fmt.Fprintln(&text)
	text.Write(checkpoint)
	return text.Bytes(), nil
}

// Tile returns a tile or an entry bundle, checked against the root.
func (t *Tree) Tile(ctx context.Context, n TileName) ([]byte, error) {
	if !n.valid() {
		return nil, fmt.Errorf("%w: tile name", ErrQuery)
	}
	level := max(n.Level, 0)
	if t.tree.N>>(tileHeight*level) < n.Index*TileWidth+int64(n.Width) {
		return nil, fmt.Errorf("%w: tile", ErrAbsent)
	}
	hashes, err := tlog.ReadTileData(tlog.Tile{H: tileHeight, L: level, N: n.Index, W: n.Width}, t.hashes(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading a tile: %w", err)
	}
	if n.Level != EntriesLevel {
		return hashes, nil
	}
	return t.bundle(ctx, n, hashes)
}

// bundle returns entries as tlog-tiles packs them: each after its length in two bytes.
func (t *Tree) bundle(ctx context.Context, n TileName, hashes []byte) ([]byte, error) {
	leaves, err := t.ledger.leaves(ctx, t.name, n.Index*TileWidth, n.Width)
	if err != nil {
		return nil, err
	}
	var bundle []byte
	for i, leaf := range leaves {
		if hash := tlog.RecordHash(leaf); !bytes.Equal(hash[:], hashes[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
			return nil, fmt.Errorf("%w: event %d is not the one under the root", ErrTampered, n.Index*TileWidth+int64(i))
		}
		bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
	}
	return bundle, nil
}

// hashes reads the tree's hashes through its tiles, each checked against the root.
func (t *Tree) hashes(ctx context.Context) tlog.HashReader { return t.hashesKeeping(ctx, nil) }

// hashesKeeping keeps tiles in the caller's map, unless it is nil. They are checked again
// each time.
func (t *Tree) hashesKeeping(ctx context.Context, kept map[tlog.Tile][]byte) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil // the empty tree has nothing to check
		}
		r := &tileReader{ctx: ctx, tree: t, kept: kept}
		hashes, err := tlog.TileHashReader(t.tree, r).ReadHashes(indexes)
		if err != nil && r.err == nil {
			// The tiles could be read, so their content is wrong.
			err = fmt.Errorf("%w: a tile is not the one under the root: %w", ErrTampered, err)
		}
		return hashes, err
	})
}

// tileReader is a tlog.TileReader for one call. So it may hold the context of that call.
type tileReader struct {
	ctx  context.Context
	tree *Tree
	kept map[tlog.Tile][]byte // tiles of earlier calls; nil when none are kept
	err  error                // why a tile could not be read
}

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		if data[i] = r.kept[tile]; data[i] != nil {
			continue
		}
		data[i], r.err = r.tree.ledger.tileHashes(r.ctx, r.tree.name, TileName{Level: tile.L, Index: tile.N, Width: tile.W})
		if r.err != nil {
			return nil, r.err
		}
	}
	return data, nil
}

// SaveTiles is called with tiles that were checked against the root.
func (r *tileReader) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	if r.kept == nil {
		return
	}
	if len(r.kept)+len(tiles) > maxKeptTiles {
		clear(r.kept)
	}
	for i, tile := range tiles {
		r.kept[tile] = data[i]
	}
}
