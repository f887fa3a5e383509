package audit

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// compactRange is the compact range of RFC 6962: the roots of the perfect subtrees that a
// tree of some size splits into, one for each bit set in the size, the largest first.
// Adding leaves and computing the root need nothing else.
type compactRange []tlog.Hash

// parseCompactRange reads the stored form, the hashes one after the other.
func parseCompactRange(size int64, stored []byte) (compactRange, error) {
	if size < 0 || len(stored) != bits.OnesCount64(uint64(size))*tlog.HashSize {
		return nil, fmt.Errorf("%w: compact range of %d bytes for %d leaves", ErrTampered, len(stored), size)
	}
	f := make(compactRange, len(stored)/tlog.HashSize)
	for i := range f {
		copy(f[i][:], stored[i*tlog.HashSize:])
	}
	return f, nil
}

func (f compactRange) bytes() []byte {
	stored := make([]byte, 0, len(f)*tlog.HashSize)
	for _, hash := range f {
		stored = append(stored, hash[:]...)
	}
	return stored
}

// add returns the compact range with one more leaf; size is the number of leaves before
// it. As in adding 1 to a binary number, every one bit at the end of size is a subtree
// that carries into the next larger one.
func (f compactRange) add(size int64, leaf []byte) compactRange {
	hash := tlog.RecordHash(leaf)
	for ; size&1 == 1; size >>= 1 {
		last := len(f) - 1
		hash = tlog.NodeHash(f[last], hash)
		f = f[:last]
	}
	return append(f, hash)
}

// root returns the root of the tree.
func (f compactRange) root() (tlog.Hash, error) {
	if len(f) == 0 {
		return tlog.TreeHash(0, nil)
	}
	hash := f[len(f)-1]
	for i := len(f) - 2; i >= 0; i-- {
		hash = tlog.NodeHash(f[i], hash)
	}
	return hash, nil
}
