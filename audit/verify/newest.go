package verify

import "slices"

// Newest sorts checkpoints that come from anywhere: the one over the most events that the
// key signed, or one that the statements lead to, and all others. It is nil when there is
// none such.
func Newest(ledger, key string, statements []Statement, checkpoints [][]byte) (newest []byte, others [][]byte) {
	keys, err := newKeys(ledger, key, statements, func(int64, string, ...any) {}) // reported by who verifies
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
