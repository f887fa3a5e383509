package gateway_test

import (
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// These benchmarks run whole uploads and downloads, with policy, database, ledger,
// sealing and a folder. Use -benchtime=1x for 1 GiB.
var sizes = []struct {
	name string
	n    int64
}{{"32KiB", 32 << 10}, {"1MiB", 1 << 20}, {"1GiB", 1 << 30}}

// nothing is a body of zeros, so that making content is not measured.
type nothing struct{}

func (nothing) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func zeros(batch gateway.BatchID, reference string, n int64) (gateway.NewDocument, io.Reader) {
	d := gatewaytest.Incoming(batch, reference, nil)
	d.Length, d.Digests, d.MediaType = n, nil, "application/octet-stream"
	return d, io.LimitReader(nothing{}, n)
}

// bench runs f for each size, 1 and 16 at a time.
func bench(b *testing.B, f func(b *testing.B, w *gatewaytest.World, size int64, atOnce int)) {
	for _, size := range sizes {
		for _, atOnce := range []int{1, 16} {
			if size.n == 1<<30 && testing.Short() {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", size.name, atOnce), func(b *testing.B) {
				db := databasetest.Open(b, database.Config{SQLite: b.TempDir() + "/bench.db"})
				w := gatewaytest.New(b, gatewaytest.Config{Database: db, WallClock: true}).World(b)
				b.SetBytes(size.n)
				b.ReportAllocs()
				f(b, w, size.n, atOnce)
			})
		}
	}
}

// inParallel runs b.N pieces of work, atOnce at a time.
func inParallel(b *testing.B, atOnce int, work func(i int) error) {
	var next atomic.Int64
	errs := make(chan error, atOnce)
	b.ResetTimer()
	for range atOnce {
		go func() {
			for {
				i := int(next.Add(1))
				if i > b.N {
					errs <- nil
					return
				}
				if err := work(i); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	for range atOnce {
		if err := <-errs; err != nil {
			b.Error(err)
		}
	}
	b.StopTimer()
}

func BenchmarkUpload(b *testing.B) {
	bench(b, func(b *testing.B, w *gatewaytest.World, size int64, atOnce int) {
		batch := w.Open(b, "bench")
		inParallel(b, atOnce, func(i int) error {
			d, body := zeros(batch, fmt.Sprintf("doc-%d", i), size)
			_, _, err := w.Gateway.Upload(b.Context(), w.System, d, body)
			return err
		})
	})
}

func BenchmarkDownload(b *testing.B) {
	bench(b, func(b *testing.B, w *gatewaytest.World, size int64, atOnce int) {
		w.Contract = w.NewContract(b, gatewaytest.Unlimited(w.Client, w.Provider))
		w.Join(b, w.Contract)
		batch := w.Open(b, "bench")
		d, body := zeros(batch, "doc", size)
		document, _, err := w.Gateway.Upload(b.Context(), w.System, d, body)
		if err != nil {
			b.Fatal(err)
		}
		w.Seal(b, batch, []gateway.Document{document})
		w.Taken(b, batch)
		inParallel(b, atOnce, func(int) error {
			content, err := w.Gateway.Open(b.Context(), w.Handler, document.ID)
			if err != nil {
				return err
			}
			return content.Send(b.Context(), io.Discard)
		})
	})
}
