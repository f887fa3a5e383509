package main

import (
	"context"
	"fmt"

	"github.com/bordereau/bordereau/audit/publish"
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

// checkPublished refuses a database that is not what was published of it, and says what to do.
func (in *installation) checkPublished(ctx context.Context) error {
	err := in.publisher.Check(ctx)
	if !publish.TwoHistories(err) {
		return err
	}
	return fmt.Errorf("%w\n\nNothing is recorded on this database, because it would be a second history beside the one in\n%s,\n"+
		"which others may have seen. Look at it with `bordereau audit verify`. After a restore from a backup, restore a newer one. To go on\n"+
		"without what is missing, keep that folder as evidence, and give the ledgers a new name and a new folder: ledger.origin and\n"+
		"ledger.publish.dir", err, in.config.Ledger.Publish.Dir)
}
