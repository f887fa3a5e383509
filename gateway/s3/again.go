package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/bordereau/bordereau/gateway/s3/body"
)

const (
	// heldSize is the size up to which a body of known size is held, so that it can be
	// sent again. A larger one passes once.
	heldSize = 256 << 10

	// writeTries bridges a moment's absence, as readTries does. The first pause is of
	// about firstPause, the next four times it.
	writeTries = 3
	firstPause = 100 * time.Millisecond
)

// sendSmall reads a small body to its end, and then sends it.
func (b *Bucket) sendSmall(ctx context.Context, key string, m *body.Meter, size int64) error {
	held := make([]byte, size+1) // the meter gives no byte too many; the room for one shows the end
	n, err := readFull(m, held)
	if err != io.EOF {
		return err
	}
	return b.sendHeld(ctx, key, func() io.Reader { return bytes.NewReader(held[:n]) }, size)
}

// sendHeld sends a body that is in memory, and again where the server was away for a
// moment. A try whose answer was lost may have stored it; the next one then finds the key
// taken, and what is there tells by whom.
func (b *Bucket) sendHeld(ctx context.Context, key string, held func() io.Reader, size int64) error {
	var d digests
	if b.ways.Ahead {
		var err error
		if d, err = digestsOf(held()); err != nil {
			return err
		}
	}
	for try, pause := 1, b.firstPause; ; try, pause = try+1, 4*pause {
		m := body.NewMeter(ctx, held(), size)
		err := m.Settle(b.sendWhole(ctx, key, m, size, d))
		switch {
		case errors.Is(err, ErrExists) && try > 1:
			return b.checkOurs(ctx, key, held(), err)
		case !errors.Is(err, ErrUnavailable) || errors.Is(err, errSilent) || try == writeTries:
			return err
		}
		if wait(ctx, pause/2+rand.N(pause)) != nil {
			return err
		}
	}
}

// checkOurs is nil when the object is the body, byte for byte: bodies are sealed, so no
// other writer's is like it. Otherwise it gives the error that said that there is one.
func (b *Bucket) checkOurs(ctx context.Context, key string, ours io.Reader, exists error) error {
	there, _, err := b.open(ctx, key, 0, minio.GetObjectOptions{})
	if err != nil {
		return unavailable(fmt.Errorf("looking whose object is there: %w", err))
	}
	defer there.Close()
	same, err := equal(there, ours)
	switch {
	case err != nil:
		return unavailable(fmt.Errorf("looking whose object is there: %w", err))
	case !same:
		return exists
	}
	return nil
}

// equal compares two streams to their ends.
func equal(a, b io.Reader) (bool, error) {
	one, two := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, errA := readFull(a, one)
		m, errB := readFull(b, two)
		if failed := errors.Join(notEOF(errA), notEOF(errB)); failed != nil {
			return false, failed
		}
		switch {
		case !bytes.Equal(one[:n], two[:m]):
			return false, nil
		case n < len(one): // both have ended
			return true, nil
		}
	}
}

func notEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// wait waits, or gives the reason to wait no longer.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
