package verify

import "slices"

// Newest sorts checkpoints from any source: the largest that is signed by the key, or by
// a key that the statements lead to, and all others. newest is nil when no checkpoint is
// so signed.
func Newest(ledger, key string, statements []Statement, checkpoints [][]byte) (newest []byte, others [][]byte) {
	keys, err := newKeys(ledger, key, statements, func(int64, string, ...any) {}) // the verification reports these problems
	if err != nil {
		return nil, checkpoints
	}
	at, size := -1, int64(-1)
	for i, signed := range checkpoints {
		if c, _, err := keys.open(signed); err == nil && c.size > size {
			at, size = i, c.size
		}
	}
	if at < 0 {
		return nil, checkpoints
	}
	return checkpoints[at], slices.Delete(slices.Clone(checkpoints), at, at+1)
}
