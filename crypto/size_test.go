package crypto_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bordereau/bordereau/crypto"
)

// Stores are promised this: the size told before the first byte is the number of bytes
// that come.
func TestSealedSizeIsWhatSealGives(t *testing.T) {
	identity := classicIdentity(t)
	random := rand.New(rand.NewPCG(1, 2))
	sizes := append([]int{}, lengths...)
	for range 50 {
		sizes = append(sizes, random.IntN(5*chunk))
	}
	for _, n := range sizes {
		_, body, err := crypto.Seal(bytes.NewReader(document(n)), identity.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.Copy(io.Discard, body)
		if err != nil || got != crypto.SealedSize(int64(n)) {
			t.Errorf("%d bytes seal to %d, SealedSize says %d (%v)", n, got, crypto.SealedSize(int64(n)), err)
		}
	}
}

// FuzzSizes checks both functions against each other: one is the exact inverse of the
// other.
func FuzzSizes(f *testing.F) {
	for _, n := range []int64{0, 1, chunk, chunk + 1, 1 << 40, math.MaxInt64 / 2, math.MaxInt64, -1, math.MinInt64} {
		f.Add(n)
		if n >= 0 {
			f.Add(crypto.SealedSize(n))
		}
	}
	f.Fuzz(func(t *testing.T, n int64) {
		if n >= 0 && n <= math.MaxInt64/2 {
			back, err := crypto.OpenedSize(crypto.SealedSize(n))
			if err != nil || back != n {
				t.Errorf("%d seals to %d, which opens to %d, %v", n, crypto.SealedSize(n), back, err)
			}
		}
		plain, err := crypto.OpenedSize(n)
		if err != nil {
			if !errors.Is(err, crypto.ErrTampered) {
				t.Errorf("OpenedSize(%d): %v", n, err)
			}
			return
		}
		if plain < 0 || crypto.SealedSize(plain) != n {
			t.Errorf("%d opens to %d, which seals to %d", n, plain, crypto.SealedSize(plain))
		}
	})
}

func TestImpossibleSizesAreRefused(t *testing.T) {
	for _, n := range []int64{-1, 0, 16, 31, 16 + chunk + 16 + 1, 16 + chunk + 16 + 16, math.MaxInt64, math.MinInt64} {
		if plain, err := crypto.OpenedSize(n); !errors.Is(err, crypto.ErrTampered) {
			t.Errorf("OpenedSize(%d) = %d, %v", n, plain, err)
		}
	}
	if got := crypto.SealedSize(math.MaxInt64); got != math.MaxInt64 {
		t.Errorf("SealedSize of too much = %d", got)
	}
}

func TestAnUnknownLengthHasNoSealedSize(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("SealedSize(-1) gave a size")
		}
	}()
	crypto.SealedSize(-1)
}
