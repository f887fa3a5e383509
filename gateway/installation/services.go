package installation

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/gateway/database"
)

// WithServices runs the ledger's sequencer, the publisher and the sweeper while f works,
// and stops them after it. The context of f ends when one of them fails. Nothing begins
// on a database that disagrees with the published ledgers, or whose ledgers are halted.
func (in *Installation) WithServices(ctx context.Context, f func(ctx context.Context) error) error {
	return in.withServices(ctx, f, in.Ledger.Run, in.Publisher.Run, in.Gateway.Run)
}

// Serving is WithServices for a gateway. It refuses a second one on a SQLite file.
func (in *Installation) Serving(ctx context.Context, f func(ctx context.Context) error) error {
	leave, err := in.Database.Serving(ctx)
	if errors.Is(err, database.ErrInUse) {
		return fmt.Errorf("another gateway serves from %s: sqlite is for one. Stop it first, or use PostgreSQL for several gateways",
			in.Config.Database.Path)
	}
	if err != nil {
		return err
	}
	return errors.Join(in.WithServices(ctx, f), leave())
}

// WithSequencer runs the ledger's sequencer alone while f works.
func (in *Installation) WithSequencer(ctx context.Context, f func(ctx context.Context) error) error {
	return in.withServices(ctx, f, in.Ledger.Run)
}

// withServices notes in the database that this process works on it, and runs services
// meanwhile.
func (in *Installation) withServices(ctx context.Context, f func(ctx context.Context) error, services ...func(context.Context) error) error {
	presence, err := in.Database.Share(ctx)
	if err != nil {
		return err
	}
	return errors.Join(in.runServices(ctx, f, append(services, presence.Run, in.clock.Run)...), presence.Leave())
}

// Exclusively runs f while no other process works on the database.
func (in *Installation) Exclusively(ctx context.Context, f func(ctx context.Context) error) error {
	presence, err := in.Database.Alone(ctx)
	if errors.Is(err, database.ErrInUse) {
		return fmt.Errorf("%w: stop every gateway and command that works on it first", err)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(ctx), presence.Leave())
}

// WithLedgerServices runs the ledger's sequencer and the publisher while f works. It is
// for use within Exclusively: it does not note in the database that this process works on
// it.
func (in *Installation) WithLedgerServices(ctx context.Context, f func(ctx context.Context) error) error {
	return in.runServices(ctx, f, in.Ledger.Run, in.Publisher.Run)
}

// runServices checks that work may begin, and runs services while f works.
func (in *Installation) runServices(ctx context.Context, f func(ctx context.Context) error, services ...func(context.Context) error) error {
	if err := in.checkHalted(ctx); err != nil {
		return err
	}
	if in.Publisher != nil {
		if err := in.CheckPublished(ctx); err != nil {
			return err
		}
		if err := in.publishEpochs(ctx); err != nil {
			return err
		}
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	group, working := errgroup.WithContext(ctx)
	for _, run := range services {
		group.Go(func() error { return run(background) })
	}
	group.Go(func() error {
		defer stop()
		return f(working)
	})
	return group.Wait()
}

// checkHalted refuses to begin while the ledgers are halted. The error says what to do.
func (in *Installation) checkHalted(ctx context.Context) error {
	reason, err := in.Ledger.LookHalted(ctx)
	if err != nil || reason == nil {
		return err
	}
	return fmt.Errorf("%w\n\nThe ledgers are halted and nothing is recorded. Find out with `bordereau audit verify` why the database and\n"+
		"the published ledgers differ, put right the one that is wrong, and go on with `bordereau audit resume`", reason)
}
