package installation

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/logbucket"
	"github.com/bordereau/bordereau/gateway/s3"
)

// openPublisher opens the folder or bucket to which the ledgers are published.
func (in *Installation) openPublisher(ctx context.Context) error {
	c := in.Config.Ledger.Publish
	var sink sinkCloser
	err := in.waiting("the place of the published ledgers", func() (err error) { sink, err = in.openSink(ctx, c); return err })
	if err != nil {
		return err
	}
	in.closers = append(in.closers, sink.Close)
	in.Publisher, err = publish.New(publish.Config{Ledger: in.Ledger, Sink: sink, Every: c.Every, Logger: in.Log})
	return err
}

// sinkCloser is a sink that this process opened and has to close.
type sinkCloser interface {
	publish.Sink
	io.Closer
}

func (in *Installation) openSink(ctx context.Context, c config.Publish) (sinkCloser, error) {
	if c.Engine != config.S3 {
		return publish.OpenFolder(c.Dir)
	}
	bucket := ledgersBucket(c, in.Log)
	var err error
	bucket.Ways, err = in.findWays(ctx, bucket.Config, func(ctx context.Context, c s3.Config) (s3.Report, error) {
		return s3.TryLedgers(ctx, c, bucket.Retention)
	})
	if err != nil {
		return nil, err
	}
	return logbucket.Open(ctx, bucket)
}

// CheckPublished refuses a database that disagrees with the published ledgers, and a
// folder or bucket that has lost published files. The error says what to do.
func (in *Installation) CheckPublished(ctx context.Context) error {
	err := in.Publisher.Check(ctx)
	var lost *publish.Lost
	switch {
	case publish.TwoHistories(err):
		return fmt.Errorf("%w\n\nNothing is recorded on this database, because it would be a second history beside the one in\n%s,\n"+
			"which others may have seen. Look at it with `bordereau audit verify`. After a restore from a backup, restore a newer one. To go on\n"+
			"without what is missing, take over what was published and begin a new epoch: `bordereau audit new-epoch`", err, in.publishedAt())
	case errors.As(err, &lost):
		return fmt.Errorf("%w\n\nThe published ledgers are expected in\n%s.\nA reader who sees less there than was published cannot find out that a ledger was rewritten. Bring\n"+
			"the files back. If they are lost, find out how, and publish them again: `bordereau audit republish`%s", err, in.publishedAt(), in.replicaAdvice())
	default:
		return err
	}
}

// replicaAdvice is for a gateway that begins beside others with a folder of its own,
// which is then empty.
func (in *Installation) replicaAdvice() string {
	if in.Config.Ledger.Publish.Engine != config.Folder || in.Config.Database.Engine != config.PostgreSQL {
		return ""
	}
	return "\n\nIf this is a new gateway beside others on one database, nothing is lost: give all of them the same place, a bucket\n" +
		"(ledger.publish.engine: s3) or a folder that all of them share. See \"Several gateways\" in docs/operations.md"
}

// publishEpochs publishes epochs that have begun and are not published, before anything
// is signed under their names. After another restore, the names could otherwise be used
// again.
func (in *Installation) publishEpochs(ctx context.Context) error {
	ledgers, err := in.UnpublishedEpochs(ctx)
	if err != nil || len(ledgers) == 0 {
		return err
	}
	return in.Publisher.PublishOnly(ctx, ledgers)
}

// UnpublishedEpochs are the ledgers whose epoch has begun and is not published, because
// an earlier run was broken off.
func (in *Installation) UnpublishedEpochs(ctx context.Context) ([]string, error) {
	ledgers, err := in.Ledger.Ledgers(ctx)
	if err != nil {
		return nil, err
	}
	var unpublished []string
	for _, ledger := range ledgers {
		epoch := in.Ledger.Epoch(ledger)
		if epoch == 1 {
			continue
		}
		size, err := in.Ledger.PublishedSize(ctx, ledger, epoch)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			unpublished = append(unpublished, ledger)
		}
	}
	return unpublished, nil
}

// publishedAt names the folder or bucket to which the ledgers are published, for
// messages.
func (in *Installation) publishedAt() string {
	c := in.Config.Ledger.Publish
	if c.Engine == config.S3 {
		return fmt.Sprintf("bucket %s at %s, under %q", c.Bucket, c.Endpoint, c.Prefix)
	}
	return c.Dir
}
