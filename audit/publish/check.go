package publish

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
)

// Fork is the error that there are two histories: what was published and what the database holds cannot both be.
type Fork struct {
	What string
}

func (f *Fork) Error() string { return "two histories: " + f.What }

// Rollback is the error that the database holds less than what was published, as after a restore from a backup.
type Rollback struct {
	Ledger    string
	Published int64 // events
	Held      int64 // events
}

func (r *Rollback) Error() string {
	return fmt.Sprintf("ledger %s was published with %d events and the database holds %d: it has gone back, as after a restore from a backup",
		r.Ledger, r.Published, r.Held)
}

// TwoHistories says whether an error means that the database is not, or no longer, what was published of it: nothing may be
// appended to it.
func TwoHistories(err error) bool {
	var fork *Fork
	var rollback *Rollback
	return errors.As(err, &fork) || errors.As(err, &rollback) || errors.Is(err, audit.ErrTampered)
}

// checkpoint is what a published checkpoint says.
type checkpoint struct {
	size int64
	root tlog.Hash
}

// Check compares the newest published checkpoint of every ledger with the database, and is to be called before anything
// is appended: the error is a *Rollback or a *Fork when the database is not what was published.
func (p *Publisher) Check(ctx context.Context) error {
	ledgers, err := p.config.Sink.List(ctx, ".")
	if err != nil {
		return fmt.Errorf("comparing with what is published: %w", err)
	}
	for _, ledger := range ledgers {
		if !event.ValidLedger(ledger) {
			continue // whatever else people keep there
		}
		if err := p.check(ctx, ledger); err != nil {
			return fmt.Errorf("comparing with what is published: %w", err)
		}
	}
	return nil
}

func (p *Publisher) check(ctx context.Context, ledger string) error {
	newest, err := p.newest(ctx, ledger)
	if err != nil {
		return err
	}
	// The tree is read after the checkpoint: another process may append and publish meanwhile.
	tree, err := p.config.Ledger.Tree(ctx, ledger)
	if err != nil {
		return err
	}
	if err := newest.compare(ctx, ledger, tree); err != nil {
		return err
	}
	p.published[ledger] = newest
	return nil
}

// newest is the largest checkpoint that is published, whatever the file checkpoint says.
func (p *Publisher) newest(ctx context.Context, ledger string) (checkpoint, error) {
	var newest checkpoint
	names, err := p.config.Sink.List(ctx, ledger+"/checkpoints")
	if err != nil {
		return newest, err
	}
	if len(names) > 0 {
		name := ledger + "/checkpoints/" + names[len(names)-1]
		if newest, err = p.read(ctx, ledger, name); err != nil {
			return newest, err
		}
		if name != checkpointName(ledger, newest.size) {
			return newest, &Fork{What: name + " is of another size than its name says"}
		}
	}
	pointed, err := p.read(ctx, ledger, ledger+"/checkpoint")
	if err == nil && pointed.size > newest.size {
		return pointed, nil
	}
	if errors.Is(err, ErrMissing) {
		err = nil
	}
	return newest, err
}

// read opens a published checkpoint. One that is not ours is a fork: nobody else writes there.
func (p *Publisher) read(ctx context.Context, ledger, name string) (checkpoint, error) {
	signed, err := p.config.Sink.Read(ctx, name)
	if err != nil {
		return checkpoint{}, err
	}
	verifier, err := note.NewVerifier(p.config.Ledger.VerifierKey(ledger))
	if err != nil {
		return checkpoint{}, err
	}
	c, _, _, err := log.ParseCheckpoint(signed, verifier.Name(), verifier)
	if err != nil {
		return checkpoint{}, &Fork{What: fmt.Sprintf("%s is not a checkpoint of this ledger, signed with the key in use: %v", name, err)}
	}
	if len(c.Hash) != tlog.HashSize {
		return checkpoint{}, &Fork{What: name + " has no root"}
	}
	return checkpoint{size: int64(c.Size), root: tlog.Hash(c.Hash)}, nil
}

// compare is nil when the tree begins with what the checkpoint says.
func (c checkpoint) compare(ctx context.Context, ledger string, tree *audit.Tree) error {
	if c.size == 0 {
		return nil
	}
	if tree.Size() < c.size {
		return &Rollback{Ledger: ledger, Published: c.size, Held: tree.Size()}
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

// checkpointName is where the checkpoint of a size is published: names sort as sizes do.
func checkpointName(ledger string, size int64) string {
	digits := strconv.FormatInt(size, 10)
	return ledger + "/checkpoints/" + "00000000000000000000"[len(digits):] + digits
}
