package objects

import "io"

// bounded is the body that Get returns: exactly left bytes, and io.ErrUnexpectedEOF when the store gives fewer. A
// store's own reader may take a lost connection, or a file that was cut meanwhile, for the end.
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
