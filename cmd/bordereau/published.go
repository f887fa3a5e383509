package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/database"
)

// openPublisher opens where the ledgers are published to.
func (in *installation) openPublisher() error {
	c := in.config.Ledger.Publish
	folder, err := publish.OpenFolder(c.Dir)
	if err != nil {
		return err
	}
	in.published = folder
	in.closers = append(in.closers, folder.Close)
	in.publisher, err = publish.New(publish.Config{Ledger: in.ledger, Sink: folder, Every: c.Every, Logger: in.log})
	return err
}

// checkPublished refuses a database that is not what was published of it, and a folder that is not what was published to
// it, and says what to do.
func (in *installation) checkPublished(ctx context.Context) error {
	err := in.publisher.Check(ctx)
	var lost *publish.Lost
	switch {
	case publish.TwoHistories(err):
		return fmt.Errorf("%w\n\nNothing is recorded on this database, because it would be a second history beside the one in\n%s,\n"+
			"which others may have seen. Look at it with `bordereau audit verify`. After a restore from a backup, restore a newer one. To go on\n"+
			"without what is missing, take over what was published and begin a new epoch: `bordereau audit new-epoch`", err, in.config.Ledger.Publish.Dir)
	case errors.As(err, &lost):
		return fmt.Errorf("%w\n\nIt is looked for in\n%s.\nWhoever sees less there than was published cannot find out that the ledger was rewritten. Bring back what was there. If it is lost,\n"+
			"find out how, and publish it again: `bordereau audit republish`", err, in.config.Ledger.Publish.Dir)
	default:
		return err
	}
}

// alone runs f while no other process works on the database.
func (in *installation) alone(ctx context.Context, f func(ctx context.Context) error) error {
	leave, err := in.database.Alone(ctx)
	if errors.Is(err, database.ErrInUse) {
		return fmt.Errorf("%w: stop every gateway and command that works on it first", err)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(ctx), leave())
}

// publishEpochs publishes epochs that have begun and are not, before anything is signed with their names: after another
// restore nobody would know that they are spent.
func (in *installation) publishEpochs(ctx context.Context) error {
	ledgers, err := in.unpublishedEpochs(ctx)
	if err != nil || len(ledgers) == 0 {
		return err
	}
	return in.publisher.PublishOnly(ctx, ledgers)
}
