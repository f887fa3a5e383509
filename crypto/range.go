package crypto

import (
	"errors"
	"fmt"
	"io"
)

var errClosed = errors.New("reading a closed document")

// OpenRange decrypts a document that Seal sealed, from an offset of the plaintext to its
// end. It does not read the chunks before. size is the length of the whole plaintext when
// it was sealed. A body of another length is ErrTampered, and so is a body whose last
// chunk comes sooner or later than size says.
//
// from opens the sealed body at one of its bytes; OpenRange closes that stream. It is
// called at most twice, before any plaintext is released: for the first 16 bytes, and for
// the chunk that offset lies in. The rest is read from there in one stream. The first
// chunk is authenticated before OpenRange returns. Failures are those of Open. Close may
// come before the end.
//
// To get less than the rest, read less: every byte read is authentic and in its place.
func OpenRange(header []byte, with *Identity, size, offset int64, from func(bodyOffset int64) (io.ReadCloser, error)) (io.ReadCloser, error) {
	if size < 0 || offset < 0 || offset > size {
		return nil, fmt.Errorf("opening at byte %d of %d: the offset is outside of the document", offset, size)
	}
	key, err := fileKey(header, with)
	if err != nil {
		return nil, err
	}
	body, err := openBody(from, 0)
	if err != nil {
		return nil, err
	}
	nonce, err := readNonce(&body.source)
	first := chunkOf(offset, size)
	if err == nil && first > 0 {
		body.close()
		body, err = openBody(from, nonceSize+first*sealedChunkSize)
	}
	if err != nil {
		body.close()
		return nil, err
	}
	plain, err := openChunks(key, nonce, &body.source, first, size)
	if err != nil {
		body.close()
		return nil, err
	}
	r := &ranged{plain: plain, body: body}
	if err := r.skip(offset - first*chunkSize); err != nil {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// chunkOf is the number of the chunk that an offset lies in. The end of the document lies
// in its last chunk, so that an empty rest is authenticated too.
func chunkOf(offset, size int64) int64 {
	if offset == size && size > 0 {
		return (size - 1) / chunkSize
	}
	return offset / chunkSize
}

// body is one stream of a sealed body.
type body struct {
	source
	closer io.Closer // nil when there is none
}

func openBody(from func(int64) (io.ReadCloser, error), at int64) (*body, error) {
	stream, err := from(at)
	if err != nil {
		return &body{}, sourceFailure("body", err)
	}
	return &body{source: source{reader: stream, name: "body"}, closer: stream}, nil
}

func (b *body) close() {
	if b.closer != nil {
		_ = b.closer.Close() // the reading is complete
	}
}

// ranged is the rest of a document.
type ranged struct {
	plain *chunks
	body  *body
}

func (r *ranged) Read(p []byte) (int, error) { return r.plain.Read(p) }

// skip opens the first chunk and passes over its first n bytes.
func (r *ranged) skip(n int64) error {
	plain, err := r.plain.next(r.plain.lent.plain[:0])
	if err != nil {
		return r.plain.failed(err)
	}
	r.plain.unread = plain[n:]
	return nil
}

// Close closes the body. A later Read fails.
func (r *ranged) Close() error {
	if r.body.closer == nil {
		return nil
	}
	closer := r.body.closer
	r.body.closer = nil
	r.plain.finish(errClosed)
	return closer.Close()
}
