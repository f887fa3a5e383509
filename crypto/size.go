package crypto

import (
	"fmt"
	"math"
)

// The payload of an age file, https://c2sp.org/age#payload.
const (
	chunkSize = 64 << 10 // plaintext bytes of every chunk but the last
	tagSize   = 16       // added to each chunk
	nonceSize = 16       // before the first chunk
)

// beyond is far more than any store holds and leaves room for the tags in an int64.
const beyond = math.MaxInt64 / 2

// SealedSize gives the length in bytes of the body for a plaintext of plain bytes: 16 + n
// + 16·max(1, ⌈n/65536⌉). The store is thus told the size before the first byte is there.
// Beyond 4 EiB it is math.MaxInt64, which no store accepts. SealedSize panics on a
// negative length: a store would believe any number.
func SealedSize(plain int64) int64 {
	if plain < 0 {
		panic(fmt.Sprintf("crypto: sealed size of %d bytes", plain))
	}
	if plain > beyond {
		return math.MaxInt64
	}
	chunks := max(1, (plain+chunkSize-1)/chunkSize)
	return nonceSize + plain + tagSize*chunks
}

// OpenedSize is the inverse of SealedSize. A length that no body can have is ErrTampered.
func OpenedSize(sealed int64) (int64, error) {
	if sealed < nonceSize+tagSize || sealed > SealedSize(beyond) {
		return 0, impossibleSize(sealed)
	}
	payload := sealed - nonceSize
	chunks := (payload + chunkSize + tagSize - 1) / (chunkSize + tagSize)
	plain := payload - chunks*tagSize
	if SealedSize(plain) != sealed {
		return 0, impossibleSize(sealed) // it would end in a chunk without plaintext
	}
	return plain, nil
}

func impossibleSize(sealed int64) error {
	return fmt.Errorf("%w: no body has %d bytes", ErrTampered, sealed)
}
