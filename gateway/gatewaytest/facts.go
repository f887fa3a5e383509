package gatewaytest

import (
	"context"
	"log/slog"
	"testing"
)

// LackedFacts is what the gateway logs about a decision that lacked facts.
const LackedFacts = "a decision lacked facts that a condition needs: the gateway did not read them, and denied the act"

// watchFacts is the logger of a house's gateway. A decision that lacked facts fails the
// test, also when the test is about another subject: the gateway has an act that does not
// read all facts that its conditions need.
func watchFacts(t testing.TB, c Config) *slog.Logger {
	var next slog.Handler = slog.DiscardHandler
	if c.Logger != nil {
		next = c.Logger.Handler()
	}
	if c.Forgetful {
		return slog.New(next)
	}
	lacked := make(chan string, 100)
	t.Cleanup(func() {
		for len(lacked) > 0 {
			t.Errorf("a decision lacked facts: %s", <-lacked)
		}
	})
	return slog.New(factWatch{next, lacked})
}

// factWatch keeps the log lines about facts that decisions lacked, as many as the channel
// takes.
type factWatch struct {
	slog.Handler
	lacked chan<- string
}

// Enabled lets errors through to Handle, also when the next handler drops them.
func (w factWatch) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError || w.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (w factWatch) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == LackedFacts {
		text := ""
		r.Attrs(func(a slog.Attr) bool {
			text += a.String() + " "
			return true
		})
		select {
		case w.lacked <- text:
		default:
		}
	}
	if !w.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return w.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (w factWatch) WithAttrs(attrs []slog.Attr) slog.Handler {
	return factWatch{w.Handler.WithAttrs(attrs), w.lacked}
}

// WithGroup implements slog.Handler.
func (w factWatch) WithGroup(name string) slog.Handler {
	return factWatch{w.Handler.WithGroup(name), w.lacked}
}
