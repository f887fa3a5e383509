package s3_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// sink is a server that takes the parts of an upload and keeps nothing but their count of
// bytes.
func sink(t *testing.T) (s3.Config, *atomic.Int64) {
	var received atomic.Int64
	answer := multipart(func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/documents" || r.URL.Path == "/documents/" {
			return // the bucket is there
		}
		for block := make([]byte, 64<<10); ; {
			n, err := r.Body.Read(block)
			received.Add(int64(n))
			if err != nil {
				break
			}
		}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return s3test.ConfigOf(server), &received
}

// errEnough ends a body that the test has seen enough of.
var errEnough = errors.New("enough")

// trailing is a body of which no more is given than a margin beyond what the server has:
// a client that holds more of it than the margin waits in vain.
type trailing struct {
	received *atomic.Int64
	margin   int64
	given    int64
	most     int64 // bytes after which the body fails
	heap     func()
}

// Read implements io.Reader.
func (b *trailing) Read(p []byte) (int, error) {
	for deadline := time.Now().Add(time.Minute); b.given-b.received.Load() > b.margin; time.Sleep(50 * time.Microsecond) {
		if time.Now().After(deadline) {
			return 0, errors.New("more of the body is held than may be")
		}
	}
	if b.given >= b.most {
		b.heap()
		return 0, errEnough
	}
	clear(p)
	b.given += int64(len(p))
	return len(p), nil
}

// A body of 5 TiB goes in parts of half a gigabyte, and not even 16 MiB of it are held:
// what was read is on its way to the server before more is read, and the heap grows by
// less than that.
func TestBucketHoldsNothingOfALargeBody(t *testing.T) {
	c, received := sink(t)
	store := open(t, c)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	body := &trailing{received: received, margin: 16 << 20, most: 600 << 20, heap: func() {
		runtime.GC()
		runtime.ReadMemStats(&during)
	}}
	err := store.Put(t.Context(), "d/object", body, 5<<40)
	if !errors.Is(err, errEnough) {
		t.Errorf("Put = %v, want the body's own failure", err)
	}
	if grown := int64(during.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
}

// Without its size a part must be held until its end is known: one part, and not two.
func TestBucketHoldsOnePartOfABodyOfUnknownSize(t *testing.T) {
	c, received := sink(t)
	store := open(t, c)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	body := &trailing{received: received, margin: 16 << 20, most: 200 << 20, heap: func() {
		runtime.GC()
		runtime.ReadMemStats(&during)
	}}
	err := store.Put(t.Context(), "d/object", io.MultiReader(body), -1)
	if !errors.Is(err, errEnough) {
		t.Errorf("Put = %v, want the body's own failure", err)
	}
	if grown := int64(during.HeapAlloc) - int64(before.HeapAlloc); grown > 18<<20 { // and the buffers of a connection
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
}
