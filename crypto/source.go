package crypto

import (
	"errors"
	"fmt"
	"io"
)

// source is the stream that age reads from. It tells the two ways to stop apart beyond doubt: an end is io.EOF, and a
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
	switch {
	case err == nil || err == io.EOF:
		s.end = err
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		s.end = fmt.Errorf("reading %s: %v", s.name, err) // told, not wrapped
	default:
		s.end = fmt.Errorf("reading %s: %w", s.name, err)
	}
	return n, s.end
}

// failure is the error that ended the stream, nil when there was none.
func (s *source) failure() error {
	if s.end == io.EOF {
		return nil
	}
	return s.end
}
