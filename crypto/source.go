package crypto

import (
	"errors"
	"fmt"
	"io"
)

// source is the stream that is sealed or opened. It separates the two ways to stop: an
// end is io.EOF, and a failure is an error that no caller takes for an end, whatever the
// reader returned. The first of them stays. A reader that failed once and then returns
// io.EOF has still failed, even if the failure came along with bytes: copy loops that
// have enough bytes ignore such an error.
type source struct {
	reader io.Reader
	name   string // of what is read, for the error
	end    error  // nil while reading
}

func (s *source) Read(p []byte) (int, error) {
	if s.end != nil {
		return 0, s.end
	}
	n, err := s.reader.Read(p)
	switch err {
	case nil, io.EOF:
		s.end = err
	default:
		s.end = sourceFailure(s.name, err)
	}
	return n, s.end
}

// sourceFailure names the failed reader. Its result never is or wraps an end of a stream.
func sourceFailure(name string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("reading %s: %v", name, err) // the end is in the text and is not wrapped
	}
	return fmt.Errorf("reading %s: %w", name, err)
}
