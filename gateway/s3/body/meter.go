package body

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// What a body can do wrong, beside failing with an error of its own.
var (
	errShortBody = errors.New("body ended before its declared size")
	errLongBody  = errors.New("body goes on after its declared size")
)

// ErrEarly is the fault of a store that accepts a body which it cannot have.
var ErrEarly = errors.New("store accepted the body before its end")

// errStopped is all that a store's client sees of a body that failed. It must not be,
// wrap or even mention io.EOF or io.ErrUnexpectedEOF: HTTP clients take those for the end
// of the body, or for a lost connection, and go on.
var errStopped = errors.New("body stopped")

// A Meter stands between a caller's body and a store. It counts, and it gives io.EOF only
// when the body ended cleanly after exactly the declared number of bytes; it reads one
// byte past them to know. Everything else is errStopped, and the reason is kept for
// Settle.
type Meter struct {
	ctx  context.Context // a meter lives as long as one Put
	size int64           // -1 when not known

	// An HTTP client can still be reading a body after it has returned (the server
	// answered early). The mutex lets Settle take the body away from it, so that no Put
	// returns while its caller's reader is in use.
	mu    sync.Mutex
	body  io.Reader // nil once settled
	count int64
	whole bool  // the body ended as promised
	cause error // why it did not
}

// NewMeter puts a meter before a body of size bytes, or of any number when size is -1.
func NewMeter(ctx context.Context, body io.Reader, size int64) *Meter {
	return &Meter{ctx: ctx, body: body, size: size}
}

// Read implements io.Reader.
func (m *Meter) Read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.body == nil || m.cause != nil:
		return 0, errStopped
	case m.whole:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	case m.ctx.Err() != nil:
		m.cause = m.ctx.Err()
		return 0, errStopped
	case m.count == m.size:
		return m.end()
	}
	if rest := m.size - m.count; m.size >= 0 && rest < int64(len(p)) {
		p = p[:rest]
	}
	n, err := m.body.Read(p)
	m.count += int64(n)
	switch {
	case err == io.EOF && m.size >= 0 && m.count < m.size:
		m.cause = errShortBody
	case err == io.EOF:
		m.whole = true
	case err != nil:
		m.cause = fmt.Errorf("reading body: %w", err)
	}
	if n > 0 || err == nil {
		return n, nil // the end, good or bad, is for the next call
	}
	if m.whole {
		return 0, io.EOF
	}
	return 0, errStopped
}

// end proves that nothing follows the last declared byte. The caller holds mu.
func (m *Meter) end() (int, error) {
	var extra [1]byte
	n, err := io.ReadFull(m.body, extra[:])
	switch {
	case n > 0:
		m.cause = errLongBody
	case err == io.EOF:
		m.whole = true
		return 0, io.EOF
	default:
		m.cause = fmt.Errorf("reading body: %w", err)
	}
	return 0, errStopped
}

// Midway says whether the body could still give bytes: no store has all of it.
func (m *Meter) Midway() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.whole && m.cause == nil
}

// Settle takes the body back, waiting for a Read under way, and says whether the whole of
// it went through: stored is the store's own verdict. The body's failure comes first, for
// the store's error is then only its echo.
func (m *Meter) Settle(stored error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.body = nil
	switch {
	case m.cause != nil:
		return m.cause
	case stored != nil:
		return stored
	case !m.whole:
		return ErrEarly
	}
	return nil
}
