package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
)

// Config configures a Publisher.
type Config struct {
	Ledger *audit.Ledger
	Sink   Sink
	Every  time.Duration // the pause between two publications; default: 1 min
	Logger *slog.Logger  // default: nothing is logged

	// Again are the pauses after which a difference is looked for again, before it
	// counts. Default: some seconds in all.
	Again []time.Duration
}

// Publisher publishes all ledgers of a database. Any number of them may publish the same
// ledgers to the same sink.
type Publisher struct {
	config    Config
	published map[string]checkpoint // the newest, by ledger; owned by the caller of Check, then by Run
	status    atomic.Pointer[Status]
}

// Status is how publishing goes in this process.
type Status struct {
	Failing bool      // the last publication failed
	Good    time.Time // the end of the last publication that did not, or the time of New
}

// Status returns how publishing goes. Another replica may publish meanwhile.
func (p *Publisher) Status() Status { return *p.status.Load() }

// New makes a publisher. Check is called before Run.
func New(c Config) (*Publisher, error) {
	if c.Ledger == nil || c.Sink == nil {
		return nil, errors.New("making a publisher: Ledger and Sink are both needed")
	}
	if c.Every <= 0 {
		c.Every = time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Again == nil {
		c.Again = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}
	}
	p := &Publisher{config: c, published: map[string]checkpoint{}}
	p.status.Store(&Status{Good: time.Now()})
	return p, nil
}

// lastPublication bounds the publication at the end of Run.
const lastPublication = 10 * time.Second

// Run publishes new events of all ledgers until ctx ends, and then once more. A
// difference halts the ledgers (see audit.Ledger.Halt). A sink that is unavailable does
// not: Run publishes the events when it is back.
func (p *Publisher) Run(ctx context.Context) error {
	pause := time.NewTicker(p.config.Every)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastPublication)
			defer cancel()
			p.publishAndTell(last)
			return nil
		case <-pause.C:
			p.publishAndTell(ctx)
		}
	}
}

func (p *Publisher) publishAndTell(ctx context.Context) {
	if p.config.Ledger.Halted() != nil {
		return
	}
	err := p.Publish(ctx)
	switch {
	case err == nil:
		p.status.Store(&Status{Good: time.Now()})
	case ctx.Err() == nil:
		p.status.Store(&Status{Failing: true, Good: p.Status().Good})
		p.config.Logger.Error("publishing ledgers", "error", err)
	}
}

// Publish publishes the new events of all ledgers now. It must not be called while Run
// runs.
func (p *Publisher) Publish(ctx context.Context) error {
	ledgers, err := p.config.Ledger.Ledgers(ctx)
	if err != nil {
		return fmt.Errorf("publishing: %w", err)
	}
	return p.PublishOnly(ctx, ledgers)
}

// PublishOnly is Publish for some of the ledgers.
func (p *Publisher) PublishOnly(ctx context.Context, ledgers []string) error {
	var failed error
	var grown []audit.Published
	for _, ledger := range ledgers {
		var size int64
		err := p.settled(ctx, func() (err error) {
			size, err = p.publish(ctx, ledger)
			return err
		})
		if err != nil { // an error of one ledger does not stop the others
			failed = errors.Join(failed, fmt.Errorf("publishing ledger %s: %w", ledger, err))
		} else if size > 0 {
			grown = append(grown, audit.Published{Ledger: ledger, Epoch: p.published[ledger].epoch, Size: size})
		}
	}
	if TwoHistories(failed) {
		p.config.Ledger.Halt(failed)
	}
	if len(grown) == 0 {
		return failed
	}
	return errors.Join(failed, p.config.Ledger.NotePublished(ctx, grown))
}

// publish publishes the new events of a ledger, and returns its size; 0 when there are
// none.
func (p *Publisher) publish(ctx context.Context, ledger string) (int64, error) {
	tree, err := p.config.Ledger.Tree(ctx, ledger)
	if err != nil {
		return 0, err
	}
	before := p.published[ledger]
	if before.epoch != tree.Epoch() { // nothing of this epoch is published yet: publish it from the first event on
		before = checkpoint{epoch: tree.Epoch()}
	}
	if err := before.compare(ctx, ledger, tree); err != nil {
		return 0, err
	}
	if tree.Size() == before.size {
		return 0, nil
	}
	if err := p.publishTree(ctx, ledger, tree, before.size); err != nil {
		return 0, err
	}
	p.published[ledger] = checkpoint{epoch: tree.Epoch(), size: tree.Size(), root: tree.Root()}
	return tree.Size(), nil
}

// publishTree publishes the growth of a tree since it had a size.
func (p *Publisher) publishTree(ctx context.Context, ledger string, tree *audit.Tree, before int64) error {
	at := place(ledger, tree.Epoch())
	for _, name := range newTiles(before, tree.Size()) {
		data, err := tree.Tile(ctx, name)
		if err != nil {
			return err
		}
		if err := p.create(ctx, at+"/tile/"+name.String(), data); err != nil {
			return err
		}
	}
	if err := p.publishStatements(ctx, ledger, tree, before); err != nil {
		return err
	}
	if err := p.publishCheckpoint(ctx, ledger, tree); err != nil {
		return err
	}
	return p.tidy(ctx, at, before, tree.Size())
}

// publishStatements publishes the statements about the ledger's keys, before the first
// checkpoint that a verifier needs them for.
func (p *Publisher) publishStatements(ctx context.Context, ledger string, tree *audit.Tree, before int64) error {
	for _, r := range p.config.Ledger.Rotations(ledger) {
		if r.Seq < before || r.Seq >= tree.Size() {
			continue
		}
		statement, err := p.config.Ledger.Statement(ledger, r)
		if err != nil {
			return err
		}
		if err := p.create(ctx, statementName(place(ledger, tree.Epoch()), r.Seq), statement); err != nil {
			return err
		}
	}
	return nil
}

// Republish publishes everything that is missing: all epochs of all ledgers, whole.
// Existing files must be the same. It cannot restore checkpoints of earlier sizes within
// an epoch. The caller calls Check again afterwards.
func (p *Publisher) Republish(ctx context.Context) error {
	ledgers, err := p.config.Ledger.Ledgers(ctx)
	if err != nil {
		return fmt.Errorf("publishing again: %w", err)
	}
	for _, ledger := range ledgers {
		if err := p.republish(ctx, ledger); err != nil {
			return fmt.Errorf("publishing ledger %s again: %w", ledger, err)
		}
	}
	return nil
}

func (p *Publisher) republish(ctx context.Context, ledger string) error {
	tree, err := p.config.Ledger.Tree(ctx, ledger)
	if err != nil {
		return err
	}
	for _, begun := range p.config.Ledger.Epochs(ledger) {
		last, err := tree.At(ctx, begun.Size)
		if err != nil {
			return err
		}
		if err := p.publishTree(ctx, ledger, last.In(begun.Former), 0); err != nil {
			return err
		}
	}
	if err := p.publishTree(ctx, ledger, tree, 0); err != nil {
		return err
	}
	return p.config.Ledger.NotePublished(ctx, []audit.Published{{Ledger: ledger, Epoch: tree.Epoch(), Size: tree.Size()}})
}

// newTiles lists the tiles and bundles that a tree has gained since it was smaller.
func newTiles(before, now int64) []audit.TileName {
	var names []audit.TileName
	for first := before / audit.TileWidth * audit.TileWidth; first < now; first += audit.TileWidth {
		names = append(names, audit.TileName{Level: audit.EntriesLevel, Index: first / audit.TileWidth,
			Width: int(min(audit.TileWidth, now-first))})
	}
	for _, tile := range tlog.NewTiles(8, before, now) {
		names = append(names, audit.TileName{Level: tile.L, Index: tile.N, Width: tile.W})
	}
	return names
}

// create publishes a file that never changes. When it is there already, from an earlier
// run or another replica, it must be the same.
func (p *Publisher) create(ctx context.Context, name string, data []byte) error {
	err := p.config.Sink.Create(ctx, name, data)
	if !errors.Is(err, ErrExists) {
		return err
	}
	there, err := p.config.Sink.Read(ctx, name)
	if err != nil {
		return err
	}
	if !bytes.Equal(there, data) {
		return &Fork{What: fmt.Sprintf("%s is published with other bytes than the database gives", name)}
	}
	return nil
}

// publishCheckpoint publishes the checkpoint for good under its size, and as the newest
// one unless another replica published a larger one. An existing checkpoint of the same
// tree is as good: its signatures may be of other keys, while keys change.
func (p *Publisher) publishCheckpoint(ctx context.Context, ledger string, tree *audit.Tree) error {
	signed, err := tree.Checkpoint()
	if err != nil {
		return err
	}
	at := place(ledger, tree.Epoch())
	name := checkpointName(at, tree.Size())
	err = p.config.Sink.Create(ctx, name, signed)
	if errors.Is(err, ErrExists) {
		err = p.sameTree(ctx, ledger, name, tree)
	}
	if err != nil {
		return err
	}
	newest, err := p.read(ctx, ledger, tree.Epoch(), at+"/checkpoint")
	switch {
	case errors.Is(err, ErrMissing):
	case err != nil:
		return err
	case newest.size >= tree.Size():
		return nil
	}
	return p.config.Sink.Replace(ctx, at+"/checkpoint", signed)
}

func (p *Publisher) sameTree(ctx context.Context, ledger, name string, tree *audit.Tree) error {
	there, err := p.read(ctx, ledger, tree.Epoch(), name)
	if err == nil && (there.size != tree.Size() || there.root != tree.Root()) {
		err = &Fork{What: fmt.Sprintf("%s is published with another tree than the database has", name)}
	}
	return err
}

// tidy removes the partial tiles and bundles that a full one has replaced.
func (p *Publisher) tidy(ctx context.Context, place string, before, now int64) error {
	for level, from, to := -1, before, now; to > 0; level++ {
		if level > 0 {
			from, to = from/audit.TileWidth, to/audit.TileWidth
		}
		if index := from / audit.TileWidth; to/audit.TileWidth > index { // the former partial tile is full now
			full := audit.TileName{Level: level, Index: index, Width: audit.TileWidth}
			if err := p.config.Sink.Remove(ctx, place+"/tile/"+full.String()+".p"); err != nil {
				return err
			}
		}
	}
	return nil
}
