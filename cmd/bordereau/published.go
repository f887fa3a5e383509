package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/config"
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

// checkPublished refuses a database that is not what was published of it, and says what to do.
func (in *installation) checkPublished(ctx context.Context) error {
	err := in.publisher.Check(ctx)
	if !publish.TwoHistories(err) {
		return err
	}
	return fmt.Errorf("%w\n\nNothing is recorded on this database, because it would be a second history beside the one in\n%s,\n"+
		"which others may have seen. Look at it with `bordereau audit verify`. After a restore from a backup, restore a newer one. To go on\n"+
		"without what is missing, keep what is published there as evidence, and give the ledgers a new name and a new place:\n"+
		"ledger.origin and ledger.publish", err, in.publishedAt())
}

// publishedAt says where the ledgers are published to, for people.
func (in *installation) publishedAt() string {
	c := in.config.Ledger.Publish
	if c.Engine == config.S3 {
		return fmt.Sprintf("bucket %s at %s, under %q", c.Bucket, c.Endpoint, c.Prefix)
	}
	return c.Dir
}
