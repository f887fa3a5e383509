package verify

import (
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is the Merkle tree (RFC 6962) over the leaves so far. tlog computes it and asks
// for hashes of complete subtrees. It asks only for the newest of each height, so no
// others are kept: 2 KiB for any ledger.
type tree struct {
	size int64
	edge [64]tlog.Hash // the newest complete subtree of each height, where there is one
}

func (t *tree) add(leaf []byte) error {
	completed, err := tlog.StoredHashes(t.size, leaf, t)
	if err != nil {
		return err
	}
	copy(t.edge[:], completed) // one for each height, from the leaf's own up
	t.size++
	return nil
}

func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// ReadHashes implements tlog.HashReader.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		height, n := tlog.SplitStoredHashIndex(index)
		if n != t.size>>height-1 {
			return nil, errors.New("a hash was asked for that is not at the tree's edge")
		}
		hashes[i] = t.edge[height]
	}
	return hashes, nil
}
