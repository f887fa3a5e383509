package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/objects"
)

// openPublisher opens where the ledgers are published to.
func (in *installation) openPublisher(ctx context.Context) error {
	c := in.config.Ledger.Publish
	sink, err := in.openSink(ctx, c)
	if err != nil {
		return err
	}
	in.published = sink
	in.closers = append(in.closers, sink.Close)
	in.publisher, err = publish.New(publish.Config{Ledger: in.ledger, Sink: sink, Every: c.Every, Logger: in.log})
	return err
}

// sinkCloser is a sink that this process has opened.
type sinkCloser interface {
	publish.Sink
	io.Closer
}

func (in *installation) openSink(ctx context.Context, c config.Publish) (sinkCloser, error) {
	if c.Engine != config.S3 {
		return publish.OpenFolder(c.Dir)
	}
	retention := map[config.RetentionMode]objects.RetentionMode{config.NoRetention: objects.NoRetention,
		config.Governance: objects.Governance, config.Compliance: objects.Compliance}
	return objects.OpenShelf(ctx, objects.ShelfConfig{
		S3Config: objects.S3Config{Endpoint: c.Endpoint, Insecure: !c.Secure, CAFile: c.CAFile, Region: c.Region, Bucket: c.Bucket,
			Prefix: strings.TrimSuffix(c.Prefix, "/"), AccessKey: c.AccessKey, SecretKey: c.SecretKey.Reveal(), Logger: in.log},
		Retention: retention[c.RetentionMode], Days: c.RetentionDays,
	})
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
			"without what is missing, take over what was published and begin a new epoch: `bordereau audit new-epoch`", err, in.publishedAt())
	case errors.As(err, &lost):
		return fmt.Errorf("%w\n\nIt is looked for in\n%s.\nWhoever sees less there than was published cannot find out that the ledger was rewritten. Bring back what was there. If it is lost,\n"+
			"find out how, and publish it again: `bordereau audit republish`", err, in.publishedAt())
	default:
		return err
	}
}

// alone runs f while no other process works on the database.
func (in *installation) alone(ctx context.Context, f func(ctx context.Context) error) error {
	presence, err := in.database.Alone(ctx)
	if errors.Is(err, database.ErrInUse) {
		return fmt.Errorf("%w: stop every gateway and command that works on it first", err)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(ctx), presence.Leave())
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

// publishedAt says where the ledgers are published to, for people.
func (in *installation) publishedAt() string {
	c := in.config.Ledger.Publish
	if c.Engine == config.S3 {
		return fmt.Sprintf("bucket %s at %s, under %q", c.Bucket, c.Endpoint, c.Prefix)
	}
	return c.Dir
}
