package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/bordereau/bordereau/gateway"
)

func givesBack(t *testing.T, store gateway.Objects) {
	for i, size := range []int{0, 1, 100, 64<<10 - 1, 64 << 10, 64<<10 + 1, 256 << 10, 3<<20 + 7} {
		known, streamed := fmt.Sprintf("known/%d", i), fmt.Sprintf("streamed/%d", i)
		body := content(byte(i), size)
		mustPut(t, store, known, body)
		wantContent(t, store, known, 0, body, size)
		if err := store.Put(t.Context(), streamed, bytes.NewReader(body), unknown); err != nil {
			t.Errorf("Put of unknown size, in fact %d: %v", size, err)
			continue
		}
		wantContent(t, store, streamed, 0, body, size)
	}
}

func readsOddPieces(t *testing.T, store gateway.Objects) {
	body := content(1, 5000)
	for name, pieces := range map[string]func(io.Reader) io.Reader{
		"onebyte": iotest.OneByteReader,
		"half":    iotest.HalfReader,
		"dataerr": iotest.DataErrReader, // the end comes with the last bytes
	} {
		for i, size := range []int64{5000, unknown} {
			key := fmt.Sprintf("%s/%d", name, i)
			if err := store.Put(t.Context(), key, pieces(bytes.NewReader(body)), size); err != nil {
				t.Errorf("Put(%q): %v", key, err)
				continue
			}
			wantContent(t, store, key, 0, body, 5000)
		}
	}
}

func neverOverwrites(t *testing.T, store gateway.Objects) {
	first, second := content(1, 1000), content(2, 3<<20)
	mustPut(t, store, "taken", first)
	for _, size := range []int64{int64(len(second)), unknown} {
		err := store.Put(t.Context(), "taken", bytes.NewReader(second), size)
		if !errors.Is(err, gateway.ErrObjectExists) {
			t.Errorf("Put of size %d to a taken key = %v, want ErrObjectExists", size, err)
		}
	}
	if err := store.Put(t.Context(), "taken", bytes.NewReader(nil), 0); !errors.Is(err, gateway.ErrObjectExists) {
		t.Errorf("Put of nothing to a taken key = %v, want ErrObjectExists", err)
	}
	wantContent(t, store, "taken", 0, first, len(first))
}

func oneWriterWins(t *testing.T, store gateway.Objects) {
	const writers, size = 16, 100_000
	for _, declared := range []int64{size, unknown} {
		key := fmt.Sprintf("race/%d", declared+1)
		start, results := make(chan struct{}), make([]error, writers)
		var group sync.WaitGroup
		for i := range writers {
			group.Go(func() {
				<-start
				results[i] = store.Put(t.Context(), key, bytes.NewReader(content(byte(i), size)), declared)
			})
		}
		close(start)
		group.Wait()

		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner >= 0:
				t.Fatalf("writers %d and %d both won", winner, i)
			case err == nil:
				winner = i
			case !errors.Is(err, gateway.ErrObjectExists):
				t.Errorf("writer %d: %v, want ErrObjectExists", i, err)
			}
		}
		if winner < 0 {
			t.Fatal("no writer won")
		}
		wantContent(t, store, key, 0, content(byte(winner), size), size)
	}
}

// winnerHoldsKey has writers that delete what they won, so that others find the key taken
// and, a moment later, free.
func winnerHoldsKey(t *testing.T, store gateway.Objects) {
	const writers, rounds = 8, 40
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for range rounds {
				err := store.Put(t.Context(), "held", bytes.NewReader(content(byte(i), 100)), 100)
				if errors.Is(err, gateway.ErrObjectExists) {
					continue
				}
				if err != nil {
					t.Errorf("Put: %v", err)
					return
				}
				wantContent(t, store, "held", 0, content(byte(i), 100), 100)
				if err := store.Delete(t.Context(), "held"); err != nil {
					t.Errorf("Delete: %v", err)
				}
			}
		})
	}
	group.Wait()
}

// keepsNothingOfFailedBody has the failures of real bodies: net/http gives
// io.ErrUnexpectedEOF when a client hangs up.
func keepsNothingOfFailedBody(t *testing.T, store gateway.Objects) {
	const size = 300_000
	whole := content(1, size)
	n := 0
	for _, cause := range []error{
		errors.New("reset"),
		io.ErrUnexpectedEOF,
		fmt.Errorf("reading request: %w", io.ErrUnexpectedEOF),
		fmt.Errorf("reading request: %w", io.EOF),
		io.ErrClosedPipe,
		context.Canceled,
	} {
		for _, given := range []int{0, 1, 64 << 10, size - 1, size} {
			for _, declared := range []int64{size, unknown} {
				n++
				key := fmt.Sprintf("failed/%d", n)
				err := store.Put(t.Context(), key, failing(whole[:given], cause), declared)
				if !errors.Is(err, cause) {
					t.Errorf("Put of size %d whose body fails after %d with %q = %v", declared, given, cause, err)
				}
				if errors.Is(err, gateway.ErrUnavailable) {
					t.Errorf("Put whose body fails with %q blames the store: %v", cause, err)
				}
				wantMissing(t, store, key)
			}
		}
	}
}

func keepsNothingOfOtherSize(t *testing.T, store gateway.Objects) {
	for i, test := range []struct{ gives, declared int }{
		{0, 1}, {1, 0}, {1, 2}, {2, 1}, {99_999, 100_000}, {100_001, 100_000}, {400_000, 100_000}, {64 << 10, 64<<10 + 1},
	} {
		key := fmt.Sprintf("size/%d", i)
		err := store.Put(t.Context(), key, bytes.NewReader(content(1, test.gives)), int64(test.declared))
		if err == nil || errors.Is(err, gateway.ErrUnavailable) {
			t.Errorf("Put of %d bytes declared as %d = %v, want an error about the body", test.gives, test.declared, err)
		}
		wantMissing(t, store, key)
	}
}

func keepsNothingWhenCancelled(t *testing.T, store gateway.Objects) {
	for i, size := range []int64{200_000, unknown} {
		before := fmt.Sprintf("before/%d", i)
		err := store.Put(cancelled(t), before, bytes.NewReader(content(1, 200_000)), size)
		wantCancelled(t, err)
		wantMissing(t, store, before)

		// The caller goes away in the middle, while the body could give everything.
		ctx, cancel := context.WithCancel(t.Context())
		midway := io.MultiReader(
			bytes.NewReader(content(1, 100_000)),
			&script{data: bytes.NewReader(nil), end: func() error { cancel(); return io.EOF }},
			bytes.NewReader(content(2, 100_000)),
		)
		during := fmt.Sprintf("during/%d", i)
		wantCancelled(t, store.Put(ctx, during, midway, size))
		wantMissing(t, store, during)

		// The caller goes away and takes a body with it that was standing still.
		ctx, cancel = context.WithCancel(t.Context())
		standing := &script{data: bytes.NewReader(content(1, 100_000)), end: func() error {
			cancel()
			<-ctx.Done()
			return io.ErrUnexpectedEOF
		}}
		still := fmt.Sprintf("still/%d", i)
		if err := store.Put(ctx, still, standing, size); err == nil {
			t.Error("Put of a body that stood still and failed succeeded")
		}
		wantMissing(t, store, still)
	}
}

func wantCancelled(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, context.Canceled) || errors.Is(err, gateway.ErrUnavailable) {
		t.Errorf("cancelled call = %v, want context.Canceled and no blame of the store", err)
	}
}

func leavesBodyAlone(t *testing.T, store gateway.Objects) {
	mustPut(t, store, "taken", content(1, 10))
	for _, key := range []string{"free", "taken"} {
		var returned atomic.Bool
		body := &watched{Reader: bytes.NewReader(content(2, 4<<20)), returned: &returned}
		err := store.Put(t.Context(), key, body, 4<<20)
		returned.Store(true)
		if (err == nil) != (key == "free") {
			t.Errorf("Put(%q) = %v", key, err)
		}
	}
	wantContent(t, store, "free", 0, content(2, 4<<20), 4<<20)
}

// watched fails loudly, also to the race detector, when it is read after its owner has it
// back.
type watched struct {
	io.Reader
	returned *atomic.Bool
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	if w.returned.Load() {
		panic("body is read after Put has returned")
	}
	return w.Reader.Read(p)
}

func servesMany(t *testing.T, store gateway.Objects) {
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			key, body := fmt.Sprintf("many/%02d", i), content(byte(i), 50_000+i)
			if err := store.Put(t.Context(), key, bytes.NewReader(body), int64(len(body))); err != nil {
				t.Errorf("Put(%q): %v", key, err)
				return
			}
			wantContent(t, store, key, 0, body, len(body))
			if err := store.Delete(t.Context(), key); err != nil {
				t.Errorf("Delete(%q): %v", key, err)
			}
		})
	}
	group.Wait()
	wantKeys(t, store, "", "")
}
