// Package installation opens the parts that a configuration names: database, ledger,
// published ledgers, object store, keys and the gateway over them. It runs the services
// that an installation needs while a command works, and refuses to begin where that would
// harm the ledgers.
package installation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto/durable"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/supervise"
)

// Options say which installation to open, and how.
type Options struct {
	Config config.Config
	Logger *slog.Logger
	Clock  func() time.Time // of the gateway and its ledger; database.Clock when nil

	// Root loads the roots; LoadRoot when nil.
	Root func(config.Keys) (*keyring.Root, error)

	// Recovering opens the rest of an installation to take documents out of it. Nothing
	// is signed and nothing is published, so the signing keys and the published ledgers
	// may be lost. Keys of this run, which are never used, stand in for missing ones.
	Recovering bool

	// Version is that of the build, for the metrics.
	Version string

	// TryStores tries the buckets before they are used, as a gateway does that serves.
	// Otherwise they are tried where they have no record, or not at all to recover.
	TryStores bool

	silence time.Duration // before the log says what is waited for; silence unless a test sets it

	disk durable.Disk // the machine's, unless a test sets another
}

// Installation is everything that a configuration names, opened.
type Installation struct {
	Config    config.Config
	Log       *slog.Logger
	Database  *database.DB
	Ledger    *audit.Ledger
	Publisher *publish.Publisher // nil while recovering
	Gateway   *gateway.Gateway   // nil after OpenLedger
	Receipts  *identity.ReceiptKey
	Metrics   *supervise.Metrics
	Store     *supervise.Store // the object store, under watch; nil after OpenLedger

	options Options
	clock   *database.Clock
	closers []func() error // in the order of opening
}

// now is the time of acts.
func (in *Installation) now() func() time.Time {
	if in.options.Clock != nil {
		return in.options.Clock
	}
	return in.clock.Now
}

// Open opens an installation whose keys exist. It brings the tables up to date.
func Open(ctx context.Context, o Options) (*Installation, error) {
	in, err := OpenLedger(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := in.openGateway(ctx); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

// OpenLedger opens the database and the ledger in it. A command about the audit trail
// needs no more. It brings the tables up to date.
func OpenLedger(ctx context.Context, o Options) (*Installation, error) {
	if o.Root == nil {
		o.Root = LoadRoot
	}
	in := &Installation{Config: o.Config, Log: o.Logger, options: o, Metrics: supervise.NewMetrics(o.Version)}
	if err := in.openLedger(ctx); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

func (in *Installation) openGateway(ctx context.Context) error {
	c := in.Config
	var store gateway.Objects
	err := in.waiting("the object store", func() (err error) { store, err = in.openObjects(ctx); return err })
	if err != nil {
		return err
	}
	in.Store = supervise.WatchStore(store, in.Metrics)
	root, err := in.options.Root(c.Keys)
	if err != nil {
		return err
	}
	receiptKey, err := in.loadKey(c.Keys.Receipt)
	if err != nil {
		return err
	}
	if in.Receipts, err = identity.NewReceiptKey(receiptKey); err != nil {
		return err
	}
	in.Gateway, err = gateway.New(ctx, gateway.Config{Database: in.Database, Ledger: in.Ledger, Objects: in.Store, Root: root,
		Receipts: in.Receipts, Clock: in.now(), Logger: in.Log, Worked: in.Metrics.Worked, Node: hostName(), VerifyWhole: c.Limits.VerifyWhole,
		BackupRetention: time.Duration(c.Backups.Days) * 24 * time.Hour, SweepStoreEvery: c.Objects.SweepEvery,
		EventRetention: eventRetention(c.Ledger.Retention), NameRetention: days(c.Ledger.Retention.Names)})
	return err
}

func (in *Installation) openLedger(ctx context.Context) error {
	c := in.Config
	if err := CheckOwner(c); err != nil {
		return err
	}
	var db *database.DB
	err := in.waiting("the database", func() (err error) {
		db, err = database.Open(ctx, database.Config{SQLite: c.Database.Path, PostgreSQL: c.Database.URL.Reveal(),
			Writers: int(c.Database.Writers), Readers: int(c.Database.Readers), Logger: in.Log})
		return err
	})
	if err != nil {
		return err
	}
	in.Database = db
	in.closers = append(in.closers, db.Close)
	if in.clock, err = db.Clock(ctx, nil); err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := audit.Migrate(ctx, db.Writer(), db.PostgreSQL()); err != nil {
		return err
	}
	if err := in.keepDatabaseName(); err != nil {
		return err
	}
	key, err := in.loadKey(c.Keys.Ledger)
	if err != nil {
		return err
	}
	former, err := loadKeys(c.Keys.LedgerFormer)
	if err != nil {
		return err
	}
	in.Ledger, err = audit.Open(ctx, audit.Config{Writer: db.Writer(), Reader: db.Reader(), PostgreSQL: db.PostgreSQL(),
		Origin: c.Ledger.Origin, Key: key, Former: former, Node: hostName(), Clock: in.now(), Logger: in.Log,
		Observer: in.Metrics, WaitTimeout: c.Limits.LedgerWait, Unsigned: in.options.Recovering})
	if err != nil || in.options.Recovering {
		return err // a recovery publishes nothing, and needs no published ledger
	}
	return in.openPublisher(ctx)
}

// keepDatabaseName makes the names of SQLite's files durable, one of which may be new.
// SQLite syncs the contents of its files, and the name of its log at the first commit
// only. Their folder is ours to sync.
func (in *Installation) keepDatabaseName() error {
	if in.Config.Database.Engine != config.SQLite {
		return nil
	}
	if err := in.options.disk.SyncFolder(filepath.Dir(in.Config.Database.Path)); err != nil {
		return fmt.Errorf("syncing the folder of the database: %w", err)
	}
	return nil
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

func (in *Installation) openObjects(ctx context.Context) (gateway.Objects, error) {
	c := in.Config.Objects
	if c.Engine == config.S3 {
		bucket := documentsBucket(c, in.Log)
		var err error
		if bucket.Ways, err = in.findWays(ctx, bucket, s3.Try); err != nil {
			return nil, err
		}
		store, err := objects.OpenS3(ctx, bucket)
		if err != nil {
			return nil, err
		}
		in.closers = append(in.closers, store.Close)
		return store, nil
	}
	folder, err := objects.OpenFolder(ctx, objects.FolderConfig{Dir: c.Dir, Logger: in.Log})
	if err != nil {
		return nil, err
	}
	in.closers = append(in.closers, folder.Close)
	return folder, nil
}

// Close closes everything that was opened, last opened first.
func (in *Installation) Close() error {
	var err error
	for i := len(in.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, in.closers[i]())
	}
	in.closers = nil
	return err
}
