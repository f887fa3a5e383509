package choke

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"time"
)

// ErrReceiver marks a failure of the writer that receives a document.
var ErrReceiver = errors.New("receiver failed")

// Counting returns a writer to w that adds the bytes it has written to sent.
func Counting(w io.Writer, sent *int64) io.Writer { return countingWriter{w, sent} }

type countingWriter struct {
	w    io.Writer
	sent *int64
}

func (c countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.sent += int64(n)
	return n, err
}

// HexOf returns lower-case hexadecimal.
func HexOf(b []byte) string { return hex.EncodeToString(b) }

// CleanUp is how long cleaning up after a failed request may take, once its own context
// has ended.
const CleanUp = 30 * time.Second

// FailureReason returns the closed code that the ledger keeps for a failed upload or
// download.
func FailureReason(err error) string {
	switch {
	case IsRefusal(err):
		return refusalReason(err)
	case errors.Is(err, ErrTampered):
		return "integrity-failed"
	case errors.Is(err, ErrUnavailable):
		return "unavailable"
	case errors.Is(err, context.Canceled), errors.Is(err, ErrReceiver):
		return "client-gone"
	default:
		return "failed"
	}
}
