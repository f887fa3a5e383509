package synthetic

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
)

// source is a stream of random numbers. All draws go through Uint32N, which gives the
// same numbers on 32 and 64 bits.
type source struct{ r *rand.Rand }

// newSource gives the stream of one document: the same for the same seed and label,
// unrelated for any other.
func newSource(seed uint64, label string) *source {
	key := sha256.Sum256(fmt.Appendf(nil, "bordereau synthetic %d %s", seed, label))
	return &source{rand.New(rand.NewChaCha8(key))}
}

// between draws from lo to hi, both included.
func (s *source) between(lo, hi int) int { return lo + int(s.r.Uint32N(uint32(hi-lo+1))) }

// oneIn is true once in n draws.
func (s *source) oneIn(n int) bool { return s.between(1, n) == 1 }

func (s *source) digits(n int) string {
	d := make([]byte, n)
	for i := range d {
		d[i] = byte('0' + s.between(0, 9))
	}
	return string(d)
}

func (s *source) letters(n int) string {
	const plain = "ABCDEFGHJKLMNPQRSTVWXYZ" // those a French number plate uses
	d := make([]byte, n)
	for i := range d {
		d[i] = plain[s.between(0, len(plain)-1)]
	}
	return string(d)
}

func pick[T any](s *source, from []T) T { return from[s.between(0, len(from)-1)] }
