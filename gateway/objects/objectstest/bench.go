package objectstest

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"github.com/bordereau/bordereau/gateway"
)

// Benchmark measures Put and Get of small and middling objects, one and sixteen at a
// time.
func Benchmark(b *testing.B, open func(b *testing.B) gateway.Objects) {
	for _, size := range []int{32 << 10, 1 << 20} {
		for _, parallel := range []int{1, 16} {
			name := fmt.Sprintf("%dKiB/%d", size>>10, parallel)
			b.Run("Put/"+name, func(b *testing.B) { benchmarkPut(b, open(b), size, parallel) })
			b.Run("Get/"+name, func(b *testing.B) { benchmarkGet(b, open(b), size, parallel) })
		}
	}
}

func benchmarkPut(b *testing.B, store gateway.Objects, size, parallel int) {
	body := content(1, size)
	var n atomic.Int64
	measure(b, size, parallel, func() error {
		i := n.Add(1)
		key := fmt.Sprintf("d/%02d/%d", i%64, i)
		return store.Put(b.Context(), key, bytes.NewReader(body), int64(size))
	})
}

func benchmarkGet(b *testing.B, store gateway.Objects, size, parallel int) {
	if err := store.Put(b.Context(), "d/object", bytes.NewReader(content(1, size)), int64(size)); err != nil {
		b.Fatal(err)
	}
	measure(b, size, parallel, func() error {
		body, _, err := store.Get(b.Context(), "d/object", 0)
		if err != nil {
			return err
		}
		defer body.Close()
		_, err = io.Copy(io.Discard, body)
		return err
	})
}

// measure runs one on parallel goroutines, b.N times in all.
func measure(b *testing.B, size, parallel int, one func() error) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var left atomic.Int64
	left.Store(int64(b.N))
	failures := make(chan error, parallel)
	b.ResetTimer()
	for range parallel {
		go func() {
			var err error
			for err == nil && left.Add(-1) >= 0 {
				err = one()
			}
			failures <- err
		}()
	}
	for range parallel {
		if err := <-failures; err != nil {
			b.Error(err)
		}
	}
}
