package crypto

import (
	"errors"
	"fmt"
	"io"
)

// source is the stream that is sealed or opened. It tells the two ways to stop apart beyond doubt: an end is io.EOF, and a
// failure is an error that nobody takes for an end, whatever name the reader gave it. Whichever came first stays: a
// reader that failed once and then says io.EOF has still failed, even if the failure came along with bytes, where copy
// loops that have all they wanted overlook it.
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

// sourceFailure names the failure of what is read. It never is or wraps an end of a stream.
func sourceFailure(name string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("reading %s: %v", name, err) // told, not wrapped
	}
	return fmt.Errorf("reading %s: %w", name, err)
}
