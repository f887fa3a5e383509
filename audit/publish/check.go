package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
)

// Fork is the error for two histories: the published events and those in the database
// contradict each other.
type Fork struct {
	What string
}

func (f *Fork) Error() string { return "two histories: " + f.What }

// Rollback is the error that the database holds fewer events than were published, as
// after a restore from a backup.
type Rollback struct {
	Ledger    string
	Published int64 // events
	Held      int64 // events
	Epoch     int64 // the last published one
}

func (r *Rollback) Error() string {
	return fmt.Sprintf("ledger %s was published with %d events in epoch %d and the database holds %d: it has gone back, as after a restore from a backup",
		r.Ledger, r.Published, r.Epoch, r.Held)
}

// Lost is the error that fewer events are published than once were: the folder or bucket
// has gone back, or is another one.
type Lost struct {
	Ledger    string
	Published int64 // events, once
	Found     int64 // events
}

func (l *Lost) Error() string {
	return fmt.Sprintf("ledger %s was published with %d events, and what is there now ends at %d: what it is published to has gone back",
		l.Ledger, l.Published, l.Found)
}

// TwoHistories says whether an error means that the database contradicts the published
// ledger: nothing may be appended to it.
func TwoHistories(err error) bool {
	var fork *Fork
	var rollback *Rollback
	return errors.As(err, &fork) || errors.As(err, &rollback) || errors.Is(err, audit.ErrTampered)
}

// settled looks again after a difference, because one wrong answer of a store is no
// second history, and a halt stops every replica until a person comes. The difference
// counts when every look finds one.
func (p *Publisher) settled(ctx context.Context, look func() error) error {
	err := look()
	for _, pause := range p.config.Again {
		var lost *Lost
		if !TwoHistories(err) && !errors.As(err, &lost) {
			return err
		}
		p.config.Logger.Warn("what is published differs from the database; looking again", "error", err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("looking again after a difference: %w: %v", ctx.Err(), err)
		case <-time.After(pause):
		}
		err = look()
	}
	return err
}

// errNoNote says that a store gave something without a signature, such as a page of a
// proxy. It says nothing about the ledger's history.
var errNoNote = errors.New("the store is unwell: its answer is no signed note")

// checkpoint is the content of a published checkpoint.
type checkpoint struct {
	epoch int64
	size  int64
	root  tlog.Hash
}

// Check compares the newest published checkpoint of every ledger with the database. It is
// called before anything is appended. The error is a *Rollback or a *Fork when the
// database differs from the published ledger, and a *Lost when the published ledger has
// shrunk.
func (p *Publisher) Check(ctx context.Context) error {
	ledgers, err := p.ledgers(ctx)
	if err != nil {
		return fmt.Errorf("comparing with what is published: %w", err)
	}
	for _, ledger := range ledgers {
		if err := p.settled(ctx, func() error { return p.check(ctx, ledger) }); err != nil {
			return fmt.Errorf("comparing with what is published: %w", err)
		}
	}
	return nil
}

// ledgers lists the published ledgers and those in the database.
func (p *Publisher) ledgers(ctx context.Context) ([]string, error) {
	published, err := p.config.Sink.List(ctx, ".")
	if err != nil {
		return nil, err
	}
	published = slices.DeleteFunc(published, func(name string) bool { return !event.ValidLedger(name) }) // people may keep other files there
	held, err := p.config.Ledger.Ledgers(ctx)
	if err != nil {
		return nil, err
	}
	all := append(published, held...)
	slices.Sort(all)
	return slices.Compact(all), nil
}

func (p *Publisher) check(ctx context.Context, ledger string) error {
	// Another process may append and publish meanwhile. So the noted size is read before
	// the published checkpoint, and the tree after it: the size can then only be less,
	// and the tree only more.
	once, err := p.config.Ledger.PublishedSize(ctx, ledger, p.config.Ledger.Epoch(ledger))
	if err != nil {
		return err
	}
	newest, err := p.newest(ctx, ledger)
	if err != nil {
		return err
	}
	tree, err := p.config.Ledger.Tree(ctx, ledger)
	if err != nil {
		return err
	}
	if err := newest.compare(ctx, ledger, tree); err != nil {
		return err
	}
	if newest.epoch < tree.Epoch() { // the epoch has begun and is not published yet
		newest = checkpoint{epoch: tree.Epoch()}
	}
	if newest.size < once {
		return &Lost{Ledger: ledger, Published: once, Found: newest.size}
	}
	if err := p.checkFormer(ctx, ledger); err != nil {
		return err
	}
	p.published[ledger] = newest
	return nil
}

// checkFormer checks that the epoch before ended where this one begins. A process that
// does not know the new epoch would publish more of the old one.
func (p *Publisher) checkFormer(ctx context.Context, ledger string) error {
	epochs := p.config.Ledger.Epochs(ledger)
	if len(epochs) == 0 {
		return nil
	}
	begun := epochs[len(epochs)-1]
	last, err := p.newestIn(ctx, ledger, begun.Former)
	switch {
	case err != nil:
		return err
	case last.size < begun.Size:
		return &Lost{Ledger: ledger, Published: begun.Size, Found: last.size}
	case last.size > begun.Size || last.root != begun.Root:
		return &Fork{What: fmt.Sprintf("epoch %d of ledger %s goes on after event %d, where epoch %d begins", begun.Former, ledger, begun.Size, begun.Epoch)}
	}
	return nil
}

// compare returns nil when the tree begins with that of the checkpoint.
func (c checkpoint) compare(ctx context.Context, ledger string, tree *audit.Tree) error {
	if c.size == 0 {
		return nil
	}
	if tree.Size() < c.size || tree.Epoch() < c.epoch {
		return &Rollback{Ledger: ledger, Published: c.size, Held: tree.Size(), Epoch: c.epoch}
	}
	then, err := tree.At(ctx, c.size)
	if err != nil {
		return err
	}
	if then.Root() != c.root {
		return &Fork{What: fmt.Sprintf("the first %d events of ledger %s are not those that were published", c.size, ledger)}
	}
	return nil
}
