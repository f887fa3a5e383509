package crypto

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

const sealedChunkSize = chunkSize + tagSize

// buffers are the buffers of one open stream: a chunk as it is stored, and its plaintext.
// They come from a pool, because two fresh ones for every chunk would take most of the
// time of opening.
type buffers struct {
	sealed [sealedChunkSize]byte
	plain  [chunkSize]byte
}

var lent = sync.Pool{New: func() any { return new(buffers) }}

// chunks opens the payload of an age file, https://c2sp.org/age#payload: STREAM over
// ChaCha20-Poly1305. Each chunk's nonce is its number and whether it is the last. A chunk
// is released only after it was authenticated. chunks gives the same bytes as age's own
// reader; TestVectors and FuzzOpenAsAgeDoes hold it to that.
type chunks struct {
	aead   cipher.AEAD
	body   *source
	number int64 // of the next chunk
	size   int64 // plaintext bytes of the whole document, -1 when only the body's end tells

	nonce  [chacha20poly1305.NonceSize]byte // of the current chunk; a field, so that no chunk allocates one
	lent   *buffers
	unread []byte // in lent.plain
	last   bool   // the last chunk was opened
	end    error  // nil while there may be more
}

// openChunks opens a body whose next byte is the first of the chunk with this number.
func openChunks(fileKey, nonce []byte, body *source, number, size int64) (*chunks, error) {
	key, err := hkdf.Key(sha256.New, fileKey, nonce, "payload", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("deriving payload key: %w", err)
	}
	aead, err := chacha20poly1305.New(key)
	if err != nil {
		return nil, fmt.Errorf("using payload key: %w", err)
	}
	return &chunks{aead: aead, body: body, number: number, size: size, lent: lent.Get().(*buffers)}, nil
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.unread) > 0 {
		n := copy(p, c.unread)
		c.unread = c.unread[n:]
		return n, nil
	}
	if c.end == nil && c.last {
		c.finish(c.trailing())
	}
	if c.end != nil {
		return 0, c.end
	}
	if len(p) >= chunkSize {
		plain, err := c.next(p[:0:chunkSize]) // straight to the caller
		return len(plain), c.failed(err)
	}
	plain, err := c.next(c.lent.plain[:0])
	n := copy(p, plain)
	c.unread = plain[n:]
	return n, c.failed(err)
}

// failed ends the stream at an error.
func (c *chunks) failed(err error) error {
	if err != nil {
		c.finish(err)
	}
	return err
}

// finish ends the stream and gives its buffers back. They may hold plaintext, as any
// freed memory of the process does. The next stream reads only bytes that it wrote there
// itself.
func (c *chunks) finish(err error) {
	c.end, c.unread = err, nil
	if c.lent != nil {
		lent.Put(c.lent)
		c.lent = nil
	}
}

// next opens the next chunk into dst, which has room for one. An empty document is one
// empty chunk.
func (c *chunks) next(dst []byte) ([]byte, error) {
	n, err := io.ReadFull(c.body, c.lent.sealed[:])
	switch {
	case err == io.EOF:
		return nil, fmt.Errorf("%w: the body ends before its last chunk", ErrTampered)
	case err != nil && err != io.ErrUnexpectedEOF:
		return nil, err
	}
	sealed := c.lent.sealed[:n]
	if n == tagSize && c.number > 0 {
		return nil, fmt.Errorf("%w: an empty chunk after others", ErrTampered)
	}
	plain, err := c.authenticate(dst, sealed, n < sealedChunkSize)
	if err != nil && n == sealedChunkSize {
		plain, err = c.authenticate(dst, sealed, true) // the last chunk may be a full one
	}
	if err != nil {
		return nil, fmt.Errorf("%w: chunk %d is not authentic", ErrTampered, c.number)
	}
	if err := c.inPlace(len(plain)); err != nil {
		return nil, err
	}
	c.number++
	return plain, nil
}

// authenticate opens the chunk, either as the last one or as one before others. If it is
// not authentic as that, dst is cleared and sealed stays as it was.
func (c *chunks) authenticate(dst, sealed []byte, last bool) ([]byte, error) {
	binary.BigEndian.PutUint64(c.nonce[3:11], uint64(c.number))
	c.nonce[11] = 0
	if last {
		c.nonce[11] = 1
	}
	plain, err := c.aead.Open(dst, c.nonce[:], sealed, nil)
	c.last = last && err == nil
	return plain, err
}

// inPlace checks the chunk just opened, of n bytes, against the document's size, where
// the size is known.
func (c *chunks) inPlace(n int) error {
	if c.size < 0 {
		return nil
	}
	end := c.number*chunkSize + int64(n)
	if c.last && end == c.size || !c.last && end < c.size {
		return nil
	}
	return fmt.Errorf("%w: the body does not have the length of %d plaintext bytes", ErrTampered, c.size)
}

// trailing gives io.EOF when the body ends after its last chunk, as it must.
func (c *chunks) trailing() error {
	n, err := io.ReadFull(c.body, c.lent.sealed[:1])
	if n > 0 {
		return fmt.Errorf("%w: the body goes on after its last chunk", ErrTampered)
	}
	return err
}
