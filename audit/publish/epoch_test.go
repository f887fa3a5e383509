package publish_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// beginEpoch imports the published events and begins an epoch.
func (b *bench) beginEpoch(t *testing.T) audit.Continuation {
	t.Helper()
	history, err := b.publisher(t).History(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	done, err := b.ledger.BeginEpoch(t.Context(), audit.Beginning{Ledger: client, History: history, Differing: true, Event: event.Event{Actor: "system"}})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// rolledBack is a ledger of 100 events of which 300 are published, with tiles that no
// checkpoint covers, as after a crash.
func rolledBack(t *testing.T, b *bench) {
	t.Helper()
	p := b.publisher(t)
	b.append(t, 100)
	restore := b.backup(t)
	b.append(t, 200)
	mustPublish(t, p)
	b.append(t, 10)
	late, err := publish.New(publish.Config{Again: []time.Duration{0, 0}, Ledger: b.ledger, Sink: dying{b.sink}})
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Publish(t.Context()); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	restore()
	b.exec(t, `DELETE FROM audit_published`)
}

var errDied = errors.New("died")

// dying is a sink that fails when the checkpoint is to be published.
type dying struct{ publish.Sink }

func (d dying) Create(ctx context.Context, name string, data []byte) error {
	if strings.Contains(name, "/checkpoints/") {
		return errDied
	}
	return d.Sink.Create(ctx, name, data)
}

// TestEpochIsPublishedBesideTheOneBefore: an epoch is published whole, in a folder of its
// own, and the former folder stays as it was.
func TestEpochIsPublishedBesideTheOneBefore(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		rolledBack(t, b)
		before := b.files(t)
		behind, err := b.publisher(t).Differences(t.Context())
		var rollback *publish.Rollback
		if err != nil || len(behind) != 1 || !errors.As(behind[client], &rollback) {
			t.Fatalf("behind: %v, %v", behind, err)
		}
		if done := b.beginEpoch(t); done.Begins != 300 || done.Imported != 200 || done.Epoch != 2 {
			t.Fatalf("did %+v", done)
		}
		p := b.publisher(t)
		if err := p.Check(t.Context()); err != nil {
			t.Fatalf("before it is published: %v", err)
		}
		b.append(t, 250)
		mustPublish(t, p)
		if err := b.publisher(t).Check(t.Context()); err != nil {
			t.Fatalf("published: %v", err)
		}
		after := b.files(t)
		for name, data := range before {
			if after[name] != data {
				t.Errorf("%s of epoch 1 has changed", name)
			}
		}
		if signed := after["2/checkpoints/00000000000000000551"]; !strings.HasPrefix(signed, "ledger.test/"+client+"/2\n551\n") || after["2/checkpoint"] != signed {
			t.Errorf("the checkpoint of epoch 2 is %q", signed)
		}
		if after["2/tile/entries/000"] != after["tile/entries/000"] || after["2/tile/0/002.p/39"] == "" {
			t.Error("epoch 2 is not published whole")
		}
	})
}

// TestRollbackAcrossEpochs: the backup is from before the epoch began. The next one is
// the third.
func TestRollbackAcrossEpochs(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		p := b.publisher(t)
		b.append(t, 10)
		restore := b.backup(t)
		b.append(t, 10)
		mustPublish(t, p)
		forget := func() {
			restore()
			b.exec(t, `DELETE FROM audit_published`)
		}
		forget()
		b.beginEpoch(t)
		mustPublish(t, b.publisher(t))
		forget()
		b.exec(t, `DELETE FROM audit_control_event`)
		b.ledger = b.open(t)
		b.append(t, 100) // more events than were published, and no trace of the second epoch
		var rollback *publish.Rollback
		if err := b.publisher(t).Check(t.Context()); !errors.As(err, &rollback) || rollback.Epoch != 2 {
			t.Fatalf("got %v", err)
		}
		if done := b.beginEpoch(t); done.Epoch != 3 || done.Begins != 21 || done.SetAside != 100 {
			t.Errorf("did %+v", done)
		}
		if epochs := b.ledger.Epochs(client); len(epochs) != 2 || epochs[1].Former != 2 {
			t.Errorf("epochs %v", epochs)
		}
		mustPublish(t, b.publisher(t))
		if err := b.publisher(t).Check(t.Context()); err != nil {
			t.Errorf("published: %v", err)
		}
	})
}

// TestFormerEpochGoesOn: a process that did not know of the new epoch published more of
// the old one.
func TestFormerEpochGoesOn(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	rolledBack(t, b)
	b.beginEpoch(t)
	mustPublish(t, b.publisher(t))
	b.append(t, 10)
	tree, err := b.ledger.Tree(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := tree.In(1).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	b.write(t, fmt.Sprintf("checkpoints/%020d", tree.Size()), string(signed))
	var fork *publish.Fork
	if err := b.publisher(t).Check(t.Context()); !errors.As(err, &fork) {
		t.Errorf("got %v", err)
	}
}

// TestFolderThatWentBack: a folder that lost files, or is another one, is refused.
// Publishing again makes it whole.
func TestFolderThatWentBack(t *testing.T) {
	needs.Parallel(t)
	for name, tamper := range map[string]func(t *testing.T, b *bench){
		"replayed": func(t *testing.T, b *bench) {
			for _, gone := range []string{"checkpoints/00000000000000000110", "tile/entries/000.p/110", "tile/0/000.p/110"} {
				if err := os.Remove(filepath.Join(b.dir, client, gone)); err != nil {
					t.Fatal(err)
				}
			}
			b.write(t, "checkpoint", b.files(t)["checkpoints/00000000000000000100"])
		},
		"emptied": func(t *testing.T, b *bench) {
			if err := os.RemoveAll(filepath.Join(b.dir, client)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				p := b.publisher(t)
				b.append(t, 100)
				mustPublish(t, p)
				b.append(t, 10)
				mustPublish(t, p)
				tamper(t, b)
				var lost *publish.Lost
				if err := b.publisher(t).Check(t.Context()); !errors.As(err, &lost) || lost.Published != 110 {
					t.Fatalf("got %v", err)
				}
				p = b.publisher(t)
				if err := p.Republish(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := p.Check(t.Context()); err != nil {
					t.Errorf("published again: %v", err)
				}
				b.checkPublished(t, 110)
			})
		})
	}
}

// overtaking is a sink to which another replica publishes after the newest checkpoint was
// read.
type overtaking struct {
	publish.Sink
	by func()
}

func (o *overtaking) Read(ctx context.Context, name string) ([]byte, error) {
	data, err := o.Sink.Read(ctx, name)
	if strings.HasSuffix(name, "/checkpoint") {
		o.by()
	}
	return data, err
}

// TestCheckWhileOthersPublish: Check takes no publication of another replica for a loss.
func TestCheckWhileOthersPublish(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	b.append(t, 10)
	mustPublish(t, b.publisher(t))
	late, err := publish.New(publish.Config{Again: []time.Duration{0, 0}, Ledger: b.ledger, Sink: &overtaking{Sink: b.sink, by: func() {
		b.append(t, 5)
		mustPublish(t, b.publisher(t))
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFormerEpochIsPublishedAgain: the last checkpoint of an ended epoch is published
// again, because the next epoch names it.
func TestFormerEpochIsPublishedAgain(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	rolledBack(t, b)
	b.beginEpoch(t)
	mustPublish(t, b.publisher(t))
	last := b.files(t)["checkpoints/00000000000000000300"]
	for _, gone := range []string{"checkpoints", "checkpoint", "tile"} {
		if err := os.RemoveAll(filepath.Join(b.dir, client, gone)); err != nil {
			t.Fatal(err)
		}
	}
	var lost *publish.Lost
	if err := b.publisher(t).Check(t.Context()); !errors.As(err, &lost) {
		t.Fatalf("got %v", err)
	}
	if err := b.publisher(t).Republish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.publisher(t).Check(t.Context()); err != nil || b.files(t)["checkpoints/00000000000000000300"] != last {
		t.Errorf("published again: %v", err)
	}
}

// TestRotatedKeyIsPublished: the statement that leads to the new key is published with
// the first checkpoint that needs it, and a checkpoint of the same tree with other
// signatures is no second history.
func TestRotatedKeyIsPublished(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.append(t, 3)
		mustPublish(t, b.publisher(t))
		next := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
		if _, err := b.ledger.RotateKey(t.Context(), next, event.Event{Actor: "system"}); err != nil {
			t.Fatal(err)
		}
		p := b.publisher(t)
		if err := p.Check(t.Context()); err != nil {
			t.Fatalf("the checkpoint of the key before: %v", err)
		}
		mustPublish(t, p)
		files := b.files(t)
		if s := files["keys/00000000000000000003"]; !strings.HasPrefix(s, "ledger.test/"+client+"\nkey succession\n") {
			t.Errorf("the statement is %q", s)
		}
		// Another replica signs with both keys, and publishes the same tree.
		both, err := audit.Open(t.Context(), audit.Config{Writer: b.db.Writer(), Reader: b.db.Reader(), PostgreSQL: b.db.PostgreSQL(),
			Origin: "ledger.test", Key: next, Former: []ed25519.PrivateKey{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))}, Node: "test-2"})
		if err != nil {
			t.Fatal(err)
		}
		replica, err := publish.New(publish.Config{Again: []time.Duration{0, 0}, Ledger: both, Sink: b.sink})
		if err != nil {
			t.Fatal(err)
		}
		mustPublish(t, replica)
		if after := b.files(t); after["checkpoint"] != files["checkpoint"] || len(after) != len(files) {
			t.Error("it was published a second time")
		}
	})
}

// FuzzParseBundle: the leaves read are those that were written, and a short bundle is
// refused.
func FuzzParseBundle(f *testing.F) {
	f.Add([]byte("\x00\x01a\x00\x02bc"), 2)
	f.Add([]byte("\x00\x01a\x00\x02b"), 2)
	f.Add([]byte{}, 1)
	f.Add([]byte{0}, 1)
	f.Add([]byte("\xff\xff"), 256)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		n = max(0, min(n, 256))
		leaves, err := publish.ParseBundle(data, n)
		if err != nil {
			return
		}
		var again []byte
		for _, leaf := range leaves {
			again = append(append(again, byte(len(leaf)>>8), byte(len(leaf))), leaf...)
		}
		if len(leaves) != n || !bytes.HasPrefix(data, again) {
			t.Errorf("%d leaves of %x", len(leaves), data)
		}
	})
}

// TestRollbackAcrossARotation: the backup is from before the key was replaced. The import
// restores the rotation too.
func TestRollbackAcrossARotation(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		next := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
		b.append(t, 10)
		mustPublish(t, b.publisher(t))
		restore := b.backup(t)
		if _, err := b.ledger.RotateKey(t.Context(), next, event.Event{Actor: "system"}); err != nil {
			t.Fatal(err)
		}
		mustPublish(t, b.publisher(t))
		restore()
		b.exec(t, `DELETE FROM audit_control_event`)
		b.exec(t, `DELETE FROM audit_published`)

		ledger, err := audit.Open(t.Context(), audit.Config{Writer: b.db.Writer(), Reader: b.db.Reader(), PostgreSQL: b.db.PostgreSQL(),
			Origin: "ledger.test", Key: next, Node: "test-2"})
		if err != nil {
			t.Fatal(err)
		}
		b.ledger = ledger
		var rollback *publish.Rollback
		if err := b.publisher(t).Check(t.Context()); !errors.As(err, &rollback) {
			t.Fatalf("got %v", err)
		}
		if done := b.beginEpoch(t); done.Imported != 1 || done.Begins != 11 {
			t.Errorf("did %+v", done)
		}
		if r := ledger.Rotations(client); len(r) != 1 || r[0].Seq != 10 {
			t.Errorf("rotations %v", r)
		}
		mustPublish(t, b.publisher(t))
		if err := b.publisher(t).Check(t.Context()); err != nil || b.files(t)["2/keys/00000000000000000010"] == "" {
			t.Errorf("published: %v", err)
		}
	})
}

// TestCheckpointOfAnotherTree: a well-signed checkpoint of this size and another root is
// a second history.
func TestCheckpointOfAnotherTree(t *testing.T) {
	b, other := newBench(t, databasetest.SQLite(t), t.TempDir()), newBench(t, databasetest.SQLite(t), t.TempDir())
	other.append(t, 7)
	signed, err := other.ledger.Checkpoint(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	p := b.publisher(t)
	b.append(t, 5)
	mustPublish(t, p)
	b.append(t, 2)
	b.write(t, "checkpoints/00000000000000000007", string(signed))
	var fork *publish.Fork
	if err := p.Publish(t.Context()); !errors.As(err, &fork) || b.ledger.Halted() == nil {
		t.Errorf("published: %v", err)
	}
}
