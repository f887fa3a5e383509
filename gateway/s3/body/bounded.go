package body

import "io"

// Bounded gives exactly size bytes of body, and io.ErrUnexpectedEOF when the store gives
// fewer. A store's own reader may take a lost connection, or a file that was cut
// meanwhile, for the end. Failure says what an error of body means to the reader's
// caller.
func Bounded(body io.ReadCloser, size int64, failure func(error) error) io.ReadCloser {
	return &bounded{body: body, left: size, failure: failure}
}

type bounded struct {
	body    io.ReadCloser
	left    int64
	failure func(error) error // what an error of body means
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		return n, b.failure(err)
	case b.left > 0:
		return n, b.failure(io.ErrUnexpectedEOF)
	}
	return n, io.EOF
}

// Close implements io.Closer.
func (b *bounded) Close() error { return b.body.Close() }
