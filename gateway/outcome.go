package gateway

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"time"
)

// errReceiver marks a failure of whoever receives a document.
var errReceiver = errors.New("receiver failed")

type countingWriter struct {
	w    io.Writer
	sent *int64
}

func (c countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.sent += int64(n)
	return n, err
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// cleanUp is how long clearing away after a failed request may take when its own context has ended.
const cleanUp = 30 * time.Second

// failureReason is the closed code that the ledger keeps for how an upload or a download failed.
func failureReason(err error) string {
	switch {
	case isRefusal(err):
		return refusalReason(err)
	case errors.Is(err, ErrTampered):
		return "integrity-failed"
	case errors.Is(err, ErrUnavailable):
		return "unavailable"
	case errors.Is(err, context.Canceled), errors.Is(err, errReceiver):
		return "client-gone"
	default:
		return "failed"
	}
}
