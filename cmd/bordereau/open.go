package main

import (
	"context"
	"errors"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/installation"
)

// open opens the installation that a configuration names, with its log on stderr.
func open(ctx context.Context, c config.Config) (*installation.Installation, error) {
	return installation.Open(ctx, installation.Options{Config: c, Logger: newLogger(c.Log)})
}

// onAudit opens the installation and runs f beside all its services.
func onAudit(ctx context.Context, w where, f func(ctx context.Context, in *installation.Installation) error) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	in, err := open(ctx, c)
	if err != nil {
		return err
	}
	err = in.WithServices(ctx, func(ctx context.Context) error { return f(ctx, in) })
	return errors.Join(err, in.Close())
}

// onLedger opens only the database and the ledger of the installation, and runs f. No
// service runs, so f may read and nothing is recorded meanwhile.
func onLedger(ctx context.Context, w where, f func(ctx context.Context, in *installation.Installation) error) error {
	c, err := w.load()
	if err != nil {
		return err
	}
	in, err := installation.OpenLedger(ctx, installation.Options{Config: c, Logger: newLogger(c.Log)})
	if err != nil {
		return err
	}
	return errors.Join(f(ctx, in), in.Close())
}

// onKeys opens the installation and runs f beside the ledger's sequencer. The sweeper
// does not run: a person who rotates a key wants to see this process do it.
func onKeys(ctx context.Context, c config.Config, f func(ctx context.Context, in *installation.Installation) error) error {
	in, err := open(ctx, c)
	if err != nil {
		return err
	}
	err = in.WithSequencer(ctx, func(ctx context.Context) error { return f(ctx, in) })
	return errors.Join(err, in.Close())
}
