package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/logbucket"
	"github.com/bordereau/bordereau/gateway/s3"
)

// tilesFlags say where published ledgers are: in a folder, or in a bucket, and how that
// is reached. Its key is that of the usual chain, and on no command line.
type tilesFlags struct {
	place  string // empty: nowhere
	bucket bucketFlags
}

// bucketFlags are those of ledger.publish in the configuration that say how a bucket is
// reached.
type bucketFlags struct {
	endpoint, region, caFile string
	secure                   bool
}

const bucketScheme = "s3://"

var defaultBucket = bucketFlags{region: "us-east-1", secure: true}

func (t *tilesFlags) addFlags(cmd *cobra.Command) {
	f, d := cmd.Flags(), defaultBucket
	f.StringVar(&t.place, "tiles", "", "folder of published ledgers to verify, or s3://BUCKET/PREFIX")
	f.StringVar(&t.bucket.endpoint, "s3-endpoint", d.endpoint, "tiles in a bucket: its server, HOST or HOST:PORT. The bucket's key comes from AWS_ACCESS_KEY_ID and "+
		"AWS_SECRET_ACCESS_KEY, from the shared credentials file, or from the identity of the machine")
	f.StringVar(&t.bucket.region, "s3-region", d.region, "tiles in a bucket: its region")
	f.BoolVar(&t.bucket.secure, "s3-secure", d.secure, "tiles in a bucket: use TLS")
	f.StringVar(&t.bucket.caFile, "s3-ca-file", d.caFile, "tiles in a bucket: PEM file with authorities to trust beside the system's")
	for _, other := range []string{"data", "config", "ledger"} {
		cmd.MarkFlagsMutuallyExclusive("tiles", other)
	}
}

// check refuses flags that would be ignored, and places that cannot be.
func (t tilesFlags) check() error {
	if !strings.HasPrefix(t.place, bucketScheme) {
		if t.bucket != defaultBucket {
			return usageError("--s3-endpoint, --s3-region, --s3-secure and --s3-ca-file go with --tiles s3://BUCKET/PREFIX")
		}
		return nil
	}
	_, err := t.config()
	return err
}

// config is the configuration of the bucket.
func (t tilesFlags) config() (s3.Config, error) {
	u, err := url.Parse(t.place)
	switch {
	case err != nil || u.Hostname() == "" || u.Port() != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return s3.Config{}, usageError("--tiles must be a folder, or s3://BUCKET/PREFIX")
	case t.bucket.endpoint == "":
		return s3.Config{}, usageError("which server has the bucket? Name it with --s3-endpoint, as in s3.eu-west-3.amazonaws.com")
	case t.bucket.caFile != "" && !t.bucket.secure:
		return s3.Config{}, usageError("--s3-ca-file goes with --s3-secure=true: without TLS there is no certificate to check")
	}
	return s3.Config{Endpoint: t.bucket.endpoint, Insecure: !t.bucket.secure, CAFile: t.bucket.caFile, Region: t.bucket.region,
		Bucket: u.Hostname(), Prefix: strings.TrimSuffix(strings.TrimPrefix(u.Path, "/"), "/")}, nil
}

// publishedLedgers are ledgers in a folder or a bucket, each in a folder of its name.
type publishedLedgers interface {
	fs.FS
	io.Closer

	// Err is the reason why a file could not be read. After it the other files say
	// nothing about the ledgers.
	Err() error
}

func (t tilesFlags) open(ctx context.Context) (publishedLedgers, error) {
	if !strings.HasPrefix(t.place, bucketScheme) {
		// No link leads out of a root.
		root, err := os.OpenRoot(t.place)
		if err != nil {
			return nil, fmt.Errorf("opening the published ledgers: %w", err)
		}
		return publishedFolder{root.FS(), root}, nil
	}
	c, err := t.config()
	if err != nil {
		return nil, err
	}
	bucket, err := logbucket.OpenReader(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("opening the published ledgers: %w", err)
	}
	return bucket, nil
}

// publishedFolder is a folder of this machine.
type publishedFolder struct {
	fs.FS
	io.Closer
}

// Err implements publishedLedgers. A file of a folder that cannot be read is reported as
// a problem of the ledger.
func (publishedFolder) Err() error { return nil }

// verifyTiles verifies the published ledgers of the keys.
func verifyTiles(ctx context.Context, tiles tilesFlags, keys []string, older [][]byte, asJSON bool, out io.Writer) (err error) {
	if len(older) > 0 && len(keys) != 1 {
		return fmt.Errorf("older checkpoints belong to one ledger: give the --key of that ledger alone")
	}
	byLedger := map[string]string{}
	var ledgers []string
	for _, key := range keys {
		ledger, err := ledgerOf(key)
		if err != nil {
			return err
		}
		ledgers = append(ledgers, ledger)
		byLedger[ledger] = key
	}
	published, err := tiles.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, published.Close()) }()
	return showAll(out, ledgers, asJSON, func(ledger string) (*verify.Report, error) {
		folder, err := fs.Sub(published, ledger)
		if err != nil {
			return nil, err
		}
		report, err := verify.Published(ctx, folder, verify.Evidence{Ledger: ledger, Key: byLedger[ledger], Older: older})
		if unread := published.Err(); unread != nil {
			return nil, unread
		}
		return report, err
	})
}

// ledgerOf is the ledger of a verifier key, in any epoch.
func ledgerOf(key string) (string, error) {
	name, _, _ := strings.Cut(key, "+")
	first, _, ok := event.SplitLogName(name)
	if !ok {
		return "", fmt.Errorf("--key: it is not the key of a ledger: give a line that `bordereau audit key` prints")
	}
	return path.Base(first), nil
}
