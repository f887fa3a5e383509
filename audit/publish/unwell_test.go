package publish_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// garbling gives a part of what it holds, so many times.
type garbling struct {
	publish.Sink
	of    string // in the name
	times int
}

func (g *garbling) Read(ctx context.Context, name string) ([]byte, error) {
	data, err := g.Sink.Read(ctx, name)
	if err == nil && strings.Contains(name, g.of) && g.times > 0 {
		g.times--
		data = data[:len(data)/2]
	}
	return data, err
}

// TestOneWrongAnswerHaltsNothing: a store answers wrongly, and rightly when it is asked
// again.
func TestOneWrongAnswerHaltsNothing(t *testing.T) {
	needs.Parallel(t)
	for _, name := range []string{"checkpoint", "tile/entries", "tile/0", "checkpoints/"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, databasetest.SQLite(t), t.TempDir())
			sink := &garbling{Sink: b.sink, of: name}
			p, err := publish.New(publish.Config{Ledger: b.ledger, Sink: sink, Again: []time.Duration{0}})
			if err != nil {
				t.Fatal(err)
			}
			b.append(t, 100)
			mustPublish(t, b.publisher(t)) // another replica was quicker
			sink.times = 1
			p.Publish(t.Context())
			if b.ledger.Halted() != nil {
				t.Fatalf("halted: %v", b.ledger.Halted())
			}
			mustPublish(t, p)
			sink.times = 1
			if err := p.Check(t.Context()); publish.TwoHistories(err) {
				t.Errorf("a start is refused: %v", err)
			}
			b.append(t, 10)
			mustPublish(t, p)
			b.checkPublished(t, 110)
		})
	}
}

// TestAnUnsignedAnswerHaltsNothing: a page of a proxy is in the place of a checkpoint,
// and stays.
func TestAnUnsignedAnswerHaltsNothing(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	p := b.publisher(t)
	b.append(t, 100)
	mustPublish(t, p)
	for _, page := range []string{"", "<html>down for maintenance</html>\n", "ledger.test/" + client + "\n110\n"} {
		b.append(t, 1)
		right := b.files(t)["checkpoint"]
		b.write(t, "checkpoint", page)
		if err := p.Publish(t.Context()); err == nil || publish.TwoHistories(err) {
			t.Errorf("%q: published: %v", page, err)
		}
		if err := p.Check(t.Context()); err == nil || publish.TwoHistories(err) {
			t.Errorf("%q: checked: %v", page, err)
		}
		if b.ledger.Halted() != nil {
			t.Fatalf("halted: %v", b.ledger.Halted())
		}
		b.write(t, "checkpoint", right)
		mustPublish(t, p)
	}
}
