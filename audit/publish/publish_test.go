package publish_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

const client = "o_aaaaaaaaaaaaaaaaaaaaaaaaaa"

// patience is longer than any wait that ends well, on the slowest machine.
const patience = 10 * time.Minute

// bench is a ledger that runs, and the folder it is published to.
type bench struct {
	db     *database.DB
	ledger *audit.Ledger
	dir    string
	sink   *publish.Folder
}

// each runs f on both engines.
func each(t *testing.T, f func(t *testing.T, b *bench)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) { f(t, newBench(t, db, t.TempDir())) })
}

func newBench(t *testing.T, db *database.DB, dir string) *bench {
	t.Helper()
	if err := audit.Migrate(t.Context(), db.Writer(), db.PostgreSQL()); err != nil {
		t.Fatal(err)
	}
	sink, err := publish.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	b := &bench{db: db, dir: dir, sink: sink}
	b.ledger = b.open(t)
	return b
}

// open opens the ledger and runs it until the test ends.
func (b *bench) open(t *testing.T) *audit.Ledger {
	t.Helper()
	ledger, err := audit.Open(t.Context(), audit.Config{
		Writer: b.db.Writer(), Reader: b.db.Reader(), PostgreSQL: b.db.PostgreSQL(), Origin: "ledger.test",
		Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)), Node: "test-1", WaitTimeout: patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- ledger.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return ledger
}

func (b *bench) publisher(t *testing.T) *publish.Publisher {
	t.Helper()
	p, err := publish.New(publish.Config{Again: []time.Duration{0, 0}, Ledger: b.ledger, Sink: b.sink})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// append appends n events at once.
func (b *bench) append(t *testing.T, n int) {
	t.Helper()
	tx, err := b.db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var last audit.Ticket
	for i := range n {
		if last, err = b.ledger.Stage(t.Context(), tx, client, event.Event{Phase: event.PhaseState, Action: "audit.query",
			Outcome: event.OutcomeAllow, Reason: fmt.Sprint(i), Private: map[string]string{"address": "192.0.2.1"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ledger.Wait(t.Context(), last); err != nil {
		t.Fatal(err)
	}
}

func mustPublish(t *testing.T, p *publish.Publisher) {
	t.Helper()
	if err := p.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// files returns all published files of the ledger by their names.
func (b *bench) files(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS(filepath.Join(b.dir, client))
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (b *bench) write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, client, name), []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	databasetest.DropTriggers(t, b.db)
	if _, err := b.db.Writer().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// TestPublishedLedgerGrows publishes at sizes around those where tiles fill.
func TestPublishedLedgerGrows(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.publisher(t)
		size := 0
		for _, n := range []int{1, 254, 1, 1, 255, 200} {
			b.append(t, n)
			mustPublish(t, p)
			size += n
			b.checkPublished(t, size)
		}
		for name := range b.files(t) {
			if strings.Contains(name, "/000.p/") && !strings.HasPrefix(name, "tile/1/") || strings.Contains(name, "/001.p/") {
				t.Errorf("%s is still there, and the full tile is too", name)
			}
		}
	})
}

// checkPublished compares every tile of a tree of the size with the ledger's own.
func (b *bench) checkPublished(t *testing.T, size int) {
	t.Helper()
	files := b.files(t)
	checkpoint, err := b.ledger.Checkpoint(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if files["checkpoint"] != string(checkpoint) || files[fmt.Sprintf("checkpoints/%020d", size)] != string(checkpoint) {
		t.Errorf("the checkpoint of %d is not published", size)
	}
	for level, count := -1, size; count > 0; level++ {
		if level > 0 {
			count /= 256
		}
		for first := 0; first < count; first += 256 {
			name := audit.TileName{Level: level, Index: int64(first / 256), Width: min(256, count-first)}
			tree, err := b.ledger.Tree(t.Context(), client)
			if err != nil {
				t.Fatal(err)
			}
			want, err := tree.Tile(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if files["tile/"+name.String()] != string(want) {
				t.Errorf("at %d: %s is not published as it is", size, name)
			}
		}
	}
}

// TestPublishingAgain: after a crash, or beside a second replica, the same files are
// published again.
func TestPublishingAgain(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		first, second := b.publisher(t), b.publisher(t)
		b.append(t, 300)
		mustPublish(t, first)
		before := b.files(t)
		mustPublish(t, second)
		mustPublish(t, first)
		if after := b.files(t); len(after) != len(before) {
			t.Errorf("%d files became %d", len(before), len(after))
		}
		if err := os.Remove(filepath.Join(b.dir, client, "checkpoint")); err != nil {
			t.Fatal(err)
		}
		if err := b.publisher(t).Check(t.Context()); err != nil { // died before the file was replaced
			t.Errorf("without the file checkpoint: %v", err)
		}
	})
}

// TestForkHaltsTheLedger tampers with what is published or what is stored, then goes on.
func TestForkHaltsTheLedger(t *testing.T) {
	needs.Parallel(t)
	for name, tamper := range map[string]func(t *testing.T, b *bench){
		"published tile": func(t *testing.T, b *bench) {
			b.write(t, "tile/0/000.p/110", strings.Repeat("x", 110*32))
		},
		"published bundle": func(t *testing.T, b *bench) {
			b.write(t, "tile/entries/000.p/110", "\x00\x01x")
		},
		"leaf": func(t *testing.T, b *bench) {
			b.exec(t, `UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 7) WHERE seq = 8`)
		},
		"deleted leaf": func(t *testing.T, b *bench) { b.exec(t, `DELETE FROM audit_event WHERE seq = 50`) },
		"swapped leaves": func(t *testing.T, b *bench) {
			b.exec(t, `UPDATE audit_event SET seq = -1 WHERE seq = 7`)
			b.exec(t, `UPDATE audit_event SET seq = 7 WHERE seq = 8`)
			b.exec(t, `UPDATE audit_event SET seq = 8 WHERE seq = -1`)
		},
		"head": func(t *testing.T, b *bench) {
			b.exec(t, `UPDATE audit_head SET compact_range = $1`, bytes.Repeat([]byte{7}, 5*32)) // 110 has five bits
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				p := b.publisher(t)
				b.append(t, 100)
				mustPublish(t, p)
				b.append(t, 10)
				if err := os.MkdirAll(filepath.Join(b.dir, client, "tile/0/000.p"), 0o755); err != nil {
					t.Fatal(err)
				}
				tamper(t, b)
				err := p.Publish(t.Context())
				if !publish.TwoHistories(err) {
					t.Fatalf("published: %v", err)
				}
				if b.ledger.Halted() == nil {
					t.Error("the ledger goes on")
				}
				if _, err := b.ledger.Append(t.Context(), client, event.Event{Phase: event.PhaseState, Action: "audit.query",
					Outcome: event.OutcomeAllow}); !errors.Is(err, audit.ErrUnavailable) {
					t.Errorf("appended: %v", err)
				}
			})
		})
	}
}

// TestUnavailableSinkHaltsNothing: a sink that was unavailable gets the events later.
func TestUnavailableSinkHaltsNothing(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	p := b.publisher(t)
	b.append(t, 10)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Publish(ended); err == nil {
		t.Fatal("published without a sink")
	}
	if b.ledger.Halted() != nil {
		t.Errorf("halted: %v", b.ledger.Halted())
	}
	mustPublish(t, p)
	b.checkPublished(t, 10)
}

func TestRollbackIsRefused(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.publisher(t)
		b.append(t, 100)
		restore := b.backup(t)
		b.append(t, 200)
		mustPublish(t, p)
		if err := b.publisher(t).Check(t.Context()); err != nil {
			t.Fatalf("as it was published: %v", err)
		}
		restore()
		var rollback *publish.Rollback
		if err := b.publisher(t).Check(t.Context()); !errors.As(err, &rollback) {
			t.Fatalf("after a restore: %v", err)
		}
		if rollback.Published != 300 || rollback.Held != 100 || rollback.Ledger != client {
			t.Errorf("it says %v", rollback)
		}
		// The same, while it runs.
		if err := p.Publish(t.Context()); !errors.As(err, &rollback) || b.ledger.Halted() == nil {
			t.Errorf("while running: %v", err)
		}
	})
}

// TestSecondHistoryIsRefused: after a restore the ledger went on without a comparison
// with the published one.
func TestSecondHistoryIsRefused(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.publisher(t)
		b.append(t, 100)
		restore := b.backup(t)
		b.append(t, 200)
		mustPublish(t, p)
		restore()
		b.append(t, 250)
		var fork *publish.Fork
		if err := b.publisher(t).Check(t.Context()); !errors.As(err, &fork) {
			t.Errorf("got %v", err)
		}
	})
}

// TestReplayedCheckpoint: the file checkpoint is put back. The checkpoints that cannot be
// overwritten show it.
func TestReplayedCheckpoint(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.publisher(t)
		b.append(t, 100)
		mustPublish(t, p)
		old := b.files(t)["checkpoint"]
		restore := b.backup(t)
		b.append(t, 10)
		mustPublish(t, p)
		restore()
		b.write(t, "checkpoint", old)
		var rollback *publish.Rollback
		if err := b.publisher(t).Check(t.Context()); !errors.As(err, &rollback) {
			t.Errorf("got %v", err)
		}
	})
}

func TestForeignCheckpointIsRefused(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	p := b.publisher(t)
	b.append(t, 3)
	mustPublish(t, p)
	b.write(t, "checkpoint", strings.Replace(b.files(t)["checkpoint"], "\n3\n", "\n4\n", 1))
	var fork *publish.Fork
	if err := b.publisher(t).Check(t.Context()); !errors.As(err, &fork) {
		t.Errorf("got %v", err)
	}
}

// TestRunPublishesAtItsEnd: Run publishes the last events before it returns.
func TestRunPublishesAtItsEnd(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	b.append(t, 5)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.publisher(t).Run(ended); err != nil {
		t.Fatal(err)
	}
	b.checkPublished(t, 5)
}

// backup copies the ledger; the returned function restores it.
func (b *bench) backup(t *testing.T) (restore func()) {
	t.Helper()
	var size, last, indexed int64
	var frontier []byte
	if err := b.db.Writer().QueryRowContext(t.Context(), `SELECT size, compact_range, last_ts, indexed FROM audit_head`).
		Scan(&size, &frontier, &last, &indexed); err != nil {
		t.Fatal(err)
	}
	return func() {
		b.exec(t, `DELETE FROM audit_tile`)
		b.exec(t, `DELETE FROM audit_event WHERE seq >= $1`, size)
		b.exec(t, `DELETE FROM audit_index WHERE block >= $1`, indexed)
		b.exec(t, `UPDATE audit_head SET size = $1, compact_range = $2, last_ts = $3, indexed = $4`, size, frontier, last, indexed)
	}
}

// overtaken is a sink to which another replica publishes more between the tiles and the
// checkpoint.
type overtaken struct {
	publish.Sink
	once sync.Once
	by   func()
}

func (o *overtaken) Create(ctx context.Context, name string, data []byte) error {
	if strings.Contains(name, "/checkpoints/") {
		o.once.Do(o.by)
	}
	return o.Sink.Create(ctx, name, data)
}

// TestNewestCheckpointStaysTheNewest: a late replica does not put it back.
func TestNewestCheckpointStaysTheNewest(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	b.append(t, 10)
	late, err := publish.New(publish.Config{Again: []time.Duration{0, 0}, Ledger: b.ledger, Sink: &overtaken{Sink: b.sink, by: func() {
		b.append(t, 5)
		mustPublish(t, b.publisher(t))
	}}})
	if err != nil {
		t.Fatal(err)
	}
	mustPublish(t, late)
	b.checkPublished(t, 15)
}
