package verify

import (
	"slices"

	"golang.org/x/mod/sumdb/note"
)

// Newest sorts checkpoints that come from anywhere: the one that the key signed over the most events, and all others. It is
// nil when the key signed none of them.
func Newest(key string, checkpoints [][]byte) (newest []byte, others [][]byte) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, checkpoints
	}
	at, size := -1, int64(-1)
	for i, signed := range checkpoints {
		if s := signedSize(signed, verifier); s > size {
			at, size = i, s
		}
	}
	if at < 0 {
		return nil, checkpoints
	}
	return checkpoints[at], slices.Delete(slices.Clone(checkpoints), at, at+1)
}
