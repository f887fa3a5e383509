package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHashes returns the hashes of a tile as they are stored or derived, unchecked. A
// full tile is stored once it was made. The caller makes sure that the leaves below it
// are sequenced.
func (l *Ledger) tileHashes(ctx context.Context, ledger string, n TileName) ([]byte, error) {
	if !n.Full() {
		return l.deriveTile(ctx, ledger, n)
	}
	var hashes []byte
	err := l.config.Reader.QueryRowContext(ctx, `SELECT hashes FROM audit_tile WHERE ledger = $1 AND level = $2 AND idx = $3`,
		ledger, n.Level, n.Index).Scan(&hashes)
	if errors.Is(err, sql.ErrNoRows) {
		return l.makeTile(ctx, ledger, n)
	}
	if err == nil && len(hashes) != TileWidth*tlog.HashSize {
		err = fmt.Errorf("%w: tile %s of %d bytes", ErrTampered, n, len(hashes))
	}
	return hashes, err
}

// makeTile derives a full tile and stores it. Two processes that make it at once make the
// same, and one of them stores it. An append never waits for this: tiles are made when
// they are read, mostly by the publisher.
func (l *Ledger) makeTile(ctx context.Context, ledger string, n TileName) ([]byte, error) {
	hashes, err := l.deriveTile(ctx, ledger, n)
	if err != nil {
		return nil, err
	}
	root := tileRoot(hashes)
	_, err = l.config.Writer.ExecContext(ctx, `INSERT INTO audit_tile (ledger, level, idx, root, hashes) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (ledger, level, idx) DO NOTHING`, ledger, n.Level, n.Index, root[:], hashes)
	if err != nil {
		return nil, fmt.Errorf("keeping tile: %w", err)
	}
	return hashes, nil
}

// deriveTile computes a tile from the leaves, or from the roots of the tiles below it.
func (l *Ledger) deriveTile(ctx context.Context, ledger string, n TileName) ([]byte, error) {
	hashes := make([]byte, 0, n.Width*tlog.HashSize)
	if n.Level > 0 {
		return l.childRoots(ctx, ledger, n, hashes)
	}
	leaves, err := l.leaves(ctx, ledger, n.Index*TileWidth, n.Width)
	if err != nil {
		return nil, err
	}
	for _, leaf := range leaves {
		hash := tlog.RecordHash(leaf)
		hashes = append(hashes, hash[:]...)
	}
	return hashes, nil
}

// childRoots appends the roots of the full tiles that a tile of a higher level is made
// of. It makes a tile that was never read before, or was lost.
func (l *Ledger) childRoots(ctx context.Context, ledger string, n TileName, hashes []byte) ([]byte, error) {
	known, err := l.keptRoots(ctx, ledger, n)
	if err != nil {
		return nil, err
	}
	for i := range int64(n.Width) {
		child := TileName{Level: n.Level - 1, Index: n.Index*TileWidth + i, Width: TileWidth}
		root, ok := known[child.Index]
		if !ok {
			made, err := l.makeTile(ctx, ledger, child)
			if err != nil {
				return nil, err
			}
			root = tileRoot(made)
		}
		hashes = append(hashes, root[:]...)
	}
	return hashes, nil
}

func (l *Ledger) keptRoots(ctx context.Context, ledger string, n TileName) (map[int64]tlog.Hash, error) {
	first := n.Index * TileWidth
	rows, err := l.config.Reader.QueryContext(ctx, `SELECT idx, root FROM audit_tile WHERE ledger = $1 AND level = $2 AND idx >= $3 AND idx < $4`,
		ledger, n.Level-1, first, first+int64(n.Width))
	if err != nil {
		return nil, fmt.Errorf("reading tiles: %w", err)
	}
	defer rows.Close()
	known := map[int64]tlog.Hash{}
	for rows.Next() {
		var index int64
		var root []byte
		if err := rows.Scan(&index, &root); err != nil {
			return nil, fmt.Errorf("reading tiles: %w", err)
		}
		if len(root) != tlog.HashSize {
			return nil, fmt.Errorf("%w: root of a tile of %d bytes", ErrTampered, len(root))
		}
		known[index] = tlog.Hash(root)
	}
	return known, rows.Err()
}

// leaves reads n consecutive leaves. It fails when one is missing.
func (l *Ledger) leaves(ctx context.Context, ledger string, from int64, n int) ([][]byte, error) {
	rows, err := l.config.Reader.QueryContext(ctx, `SELECT leaf FROM audit_event WHERE ledger = $1 AND seq >= $2 AND seq < $3 ORDER BY seq`,
		ledger, from, from+int64(n))
	if err != nil {
		return nil, fmt.Errorf("reading leaves: %w", err)
	}
	defer rows.Close()
	leaves := make([][]byte, 0, n)
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return nil, fmt.Errorf("reading leaves: %w", err)
		}
		leaves = append(leaves, leaf)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading leaves: %w", err)
	}
	if len(leaves) != n {
		return nil, fmt.Errorf("%w: %d of the %d events from %d on are there", ErrTampered, len(leaves), n, from)
	}
	return leaves, nil
}

// tileRoot is the hash over a full tile.
func tileRoot(hashes []byte) tlog.Hash {
	level := make([]tlog.Hash, len(hashes)/tlog.HashSize)
	for i := range level {
		copy(level[i][:], hashes[i*tlog.HashSize:])
	}
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}
