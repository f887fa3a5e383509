package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// Run it with -benchtime=3x, or another multiple of three, so that each way comes first
// equally often.
//
// It compares the path of a document's bytes with a bare streaming copy, which only seals
// with age and puts, or gets and opens with age. Both use the same store with the same
// client settings, one after the other in one run. "path" is the speed of the gateway's
// sealing divided by the copy's. "gateway" is the same for a whole upload or download,
// with policy, ledger, database and digests. 1 is as fast as the copy.
func BenchmarkAgainstABareCopy(b *testing.B) {
	for _, store := range []string{"folder", "s3"} {
		for _, size := range sizes {
			if size.n == 1<<30 && testing.Short() {
				continue
			}
			b.Run(fmt.Sprintf("put/%s/%s", store, size.name), func(b *testing.B) { newRace(b, store, size.n).put(b) })
			b.Run(fmt.Sprintf("get/%s/%s", store, size.name), func(b *testing.B) { newRace(b, store, size.n).get(b) })
		}
	}
}

// race is three ways to bring the same document to the same store and back.
type race struct {
	world *gatewaytest.World
	store gateway.Objects
	size  int64
	batch gateway.BatchID

	identity *crypto.Identity
	bare     *age.HybridIdentity // the same
	header   int64               // bytes of every header for it
}

func newRace(b *testing.B, store string, size int64) *race {
	b.Helper()
	r := &race{store: benchStore(b, store), size: size}
	db := databasetest.Open(b, database.Config{SQLite: b.TempDir() + "/bench.db"})
	r.world = gatewaytest.New(b, gatewaytest.Config{Database: db, Objects: r.store, WallClock: true}).World(b)
	r.world.Contract = r.world.NewContract(b, gatewaytest.Unlimited(r.world.Client, r.world.Provider))
	r.world.Join(b, r.world.Contract)
	r.batch = r.world.Open(b, "bench")
	var err error
	if r.identity, err = crypto.NewIdentity(); err != nil {
		b.Fatal(err)
	}
	if r.bare, err = age.ParseHybridIdentity(r.identity.Secret()); err != nil {
		b.Fatal(err)
	}
	header, _, err := crypto.Seal(bytes.NewReader(nil), r.identity.Recipient())
	if err != nil {
		b.Fatal(err)
	}
	r.header = int64(len(header))
	return r
}

func benchStore(b *testing.B, name string) gateway.Objects {
	b.Helper()
	if name == "folder" {
		store, err := objects.OpenFolder(b.Context(), objects.FolderConfig{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { store.Close() })
		return store
	}
	store, err := objects.OpenS3(b.Context(), s3test.Start(b).Config())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	return store
}

// run runs the ways in rounds, with another one first in each round, because what one way
// has written slows down the next. It prints how fast the later ways are compared with
// the first.
func (r *race) run(b *testing.B, ways ...func(ctx context.Context, round int) error) {
	took := make([]time.Duration, len(ways))
	round := 0
	b.SetBytes(r.size * int64(len(ways)))
	for b.Loop() {
		round++
		for i := range ways {
			i = (i + round) % len(ways)
			started := time.Now()
			if err := ways[i](b.Context(), round); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(started)
		}
	}
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "path")
	b.ReportMetric(took[0].Seconds()/took[2].Seconds(), "gateway")
}

func (r *race) body() io.Reader { return io.LimitReader(nothing{}, r.size) }

func (r *race) put(b *testing.B) {
	r.run(b, r.putBare, r.putPath, func(ctx context.Context, round int) error {
		d, body := zeros(r.batch, fmt.Sprintf("doc-%d", round), r.size)
		_, _, err := r.world.Gateway.Upload(ctx, r.world.System, d, body)
		return err
	})
}

// key returns a key of 32 hexadecimal digits, like the gateway's. No two keys are the
// same.
func key(way, round int) string {
	name := fmt.Sprintf("%02x%030x", way, round)
	return strings.Join([]string{name[:2], name}, "/")
}

func (r *race) putBare(ctx context.Context, round int) error {
	file, err := age.EncryptReader(r.body(), r.bare.Recipient())
	if err != nil {
		return err
	}
	return r.store.Put(ctx, key(1, round), file, r.header+crypto.SealedSize(r.size))
}

func (r *race) putPath(ctx context.Context, round int) error {
	_, body, err := crypto.Seal(r.body(), r.identity.Recipient())
	if err != nil {
		return err
	}
	return r.store.Put(ctx, key(2, round), body, crypto.SealedSize(r.size))
}

func (r *race) get(b *testing.B) {
	if err := r.putBare(b.Context(), 0); err != nil {
		b.Fatal(err)
	}
	header, body, err := crypto.Seal(r.body(), r.identity.Recipient())
	if err == nil {
		err = r.store.Put(b.Context(), key(2, 0), body, crypto.SealedSize(r.size))
	}
	if err != nil {
		b.Fatal(err)
	}
	incoming, content := zeros(r.batch, "doc", r.size)
	d, _, err := r.world.Gateway.Upload(b.Context(), r.world.System, incoming, content)
	if err != nil {
		b.Fatal(err)
	}
	r.world.Seal(b, r.batch, []gateway.Document{d})
	r.world.Taken(b, r.batch)
	r.run(b, r.getBare, func(ctx context.Context, _ int) error { return r.getPath(ctx, header) }, func(ctx context.Context, _ int) error {
		content, err := r.world.Gateway.Open(ctx, r.world.Handler, d.ID)
		if err != nil {
			return err
		}
		return content.Send(ctx, io.Discard)
	})
}

func (r *race) getBare(ctx context.Context, _ int) error {
	stored, _, err := r.store.Get(ctx, key(1, 0), 0)
	if err != nil {
		return err
	}
	defer stored.Close()
	plain, err := age.Decrypt(stored, r.bare)
	if err != nil {
		return err
	}
	return r.drain(plain)
}

func (r *race) getPath(ctx context.Context, header []byte) error {
	stored, _, err := r.store.Get(ctx, key(2, 0), 0)
	if err != nil {
		return err
	}
	defer stored.Close()
	plain, err := crypto.Open(header, stored, r.identity)
	if err != nil {
		return err
	}
	return r.drain(plain)
}

func (r *race) drain(plain io.Reader) error {
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, plain, make([]byte, 64<<10))
	if err == nil && n != r.size {
		return fmt.Errorf("read %d of %d bytes", n, r.size)
	}
	return err
}
