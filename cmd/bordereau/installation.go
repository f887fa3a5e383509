package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/objects"
)

// configName is the configuration of an installation that is a folder: DIR/bordereau.yaml.
const configName = "bordereau.yaml"

// where says which installation a command works on.
type where struct {
	data, file string
}

func (w *where) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.data, "data", "", "folder of the installation, holding "+configName)
	cmd.Flags().StringVar(&w.file, "config", "", "configuration file (default "+configName+")")
	cmd.MarkFlagsMutuallyExclusive("data", "config")
}

// path is the configuration file.
func (w where) path() string {
	switch {
	case w.file != "":
		return w.file
	case w.data != "":
		return filepath.Join(w.data, configName)
	default:
		return configName
	}
}

func (w where) load() (config.Config, error) {
	c, err := config.Load(w.path(), os.Environ())
	if errors.Is(err, os.ErrNotExist) {
		return c, fmt.Errorf("there is no %s: name an installation with --data or --config, or make one with `bordereau init`", w.path())
	}
	return c, err
}

func newLogger(c config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.Format == config.JSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// installation is everything that a configuration names, opened.
type installation struct {
	config    config.Config
	log       *slog.Logger
	database  *database.DB
	ledger    *audit.Ledger
	publisher *publish.Publisher
	published publish.Sink
	gateway   *gateway.Gateway
	receipts  *identity.ReceiptKey
	closers   []func() error // in the order of opening

	clock      func() time.Time // of the gateway and its ledger; time.Now when nil
	recovering bool             // nothing is signed, so that keys for signing may be lost; see openToRecover
}

// open opens an installation whose keys exist. Its tables are brought up to date.
func open(ctx context.Context, c config.Config, log *slog.Logger) (*installation, error) {
	return openWith(ctx, &installation{config: c, log: log}, loadRoot)
}

func openWith(ctx context.Context, in *installation, loadRoot func(config.Keys) (*keyring.Root, error)) (_ *installation, err error) {
	c := in.config
	defer func() {
		if err != nil {
			err = errors.Join(err, in.close())
		}
	}()
	if err := in.openLedger(ctx); err != nil {
		return nil, err
	}
	store, err := in.openObjects(ctx)
	if err != nil {
		return nil, err
	}
	root, err := loadRoot(c.Keys)
	if err != nil {
		return nil, err
	}
	receiptKey, err := in.loadKey(c.Keys.Receipt)
	if err != nil {
		return nil, err
	}
	if in.receipts, err = identity.NewReceiptKey(receiptKey); err != nil {
		return nil, err
	}
	in.gateway, err = gateway.New(ctx, gateway.Config{Database: in.database, Ledger: in.ledger, Objects: store, Root: root,
		Receipts: in.receipts, Clock: in.clock, Logger: in.log, Node: hostName(), VerifyWhole: c.Limits.VerifyWhole,
		BackupRetention: time.Duration(c.Backups.Days) * 24 * time.Hour, SweepStoreEvery: c.Objects.SweepEvery,
		EventRetention: eventRetention(c.Ledger.Retention), NameRetention: days(c.Ledger.Retention.Names)})
	return in, err
}

// openLedger opens the database and the ledger in it: all that a command about the audit trail needs.
func (in *installation) openLedger(ctx context.Context) error {
	c := in.config
	db, err := database.Open(ctx, database.Config{SQLite: c.Database.Path, PostgreSQL: c.Database.URL.Reveal(), Logger: in.log})
	if err != nil {
		return err
	}
	in.database = db
	in.closers = append(in.closers, db.Close)
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := audit.Migrate(ctx, db.Writer(), db.PostgreSQL()); err != nil {
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
	in.ledger, err = audit.Open(ctx, audit.Config{Writer: db.Writer(), Reader: db.Reader(), PostgreSQL: db.PostgreSQL(),
		Origin: c.Ledger.Origin, Key: key, Former: former, Node: hostName(), Clock: in.clock, Logger: in.log,
		WaitTimeout: c.Limits.LedgerWait, Unsigned: in.recovering})
	if err != nil || in.recovering {
		return err // what is published may be lost, and a recovery adds nothing to it
	}
	return in.openPublisher(ctx)
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

func (in *installation) openObjects(ctx context.Context) (gateway.Objects, error) {
	c := in.config.Objects
	if c.Engine == config.S3 {
		store, err := objects.OpenS3(ctx, objects.S3Config{Endpoint: c.Endpoint, Insecure: !c.Secure, CAFile: c.CAFile,
			Region: c.Region, Bucket: c.Bucket, Prefix: strings.TrimSuffix(c.Prefix, "/"), AccessKey: c.AccessKey,
			SecretKey: c.SecretKey.Reveal(), Logger: in.log})
		if err != nil {
			return nil, err
		}
		in.closers = append(in.closers, store.Close)
		return store, nil
	}
	folder, err := objects.OpenFolder(ctx, objects.FolderConfig{Dir: c.Dir, Logger: in.log})
	if err != nil {
		return nil, err
	}
	in.closers = append(in.closers, folder.Close)
	return folder, nil
}

// loadRoot loads the roots, with the recovery recipients that the configuration names.
func loadRoot(c config.Keys) (*keyring.Root, error) {
	root, err := readRoot(c)
	if err != nil {
		return nil, err
	}
	if root, err = root.WithRecovery(c.Recovery); err != nil {
		return nil, fmt.Errorf("keys.recovery: %w", err)
	}
	return root, nil
}

func readRoot(c config.Keys) (*keyring.Root, error) {
	if !c.RootSecret.IsEmpty() {
		return keyring.Parse(c.RootSecret.Reveal())
	}
	return keyring.Load(c.Root)
}

// during runs the ledger's sequencer, the publisher and the sweeper while f works, and stops them after it. f's context
// ends when one of them fails. Nothing begins on a database that is not what was published of it, or whose ledgers are halted.
func (in *installation) during(ctx context.Context, f func(ctx context.Context) error) error {
	return in.alongside(ctx, f, in.ledger.Run, in.publisher.Run, in.gateway.Run)
}

// duringLedger runs the ledger's sequencer alone while f works.
func (in *installation) duringLedger(ctx context.Context, f func(ctx context.Context) error) error {
	return in.alongside(ctx, f, in.ledger.Run)
}

func (in *installation) alongside(ctx context.Context, f func(ctx context.Context) error, services ...func(context.Context) error) error {
	presence, err := in.database.Share(ctx)
	if err != nil {
		return err
	}
	return errors.Join(in.beside(ctx, f, append(services, presence.Run)...), presence.Leave())
}

// beside is alongside for a process that has said that it works here, or that is alone.
func (in *installation) beside(ctx context.Context, f func(ctx context.Context) error, services ...func(context.Context) error) error {
	if err := in.checkHalted(ctx); err != nil {
		return err
	}
	if in.publisher != nil {
		if err := in.checkPublished(ctx); err != nil {
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

// close closes what was opened, in the opposite order.
func (in *installation) close() error {
	var err error
	for i := len(in.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, in.closers[i]())
	}
	in.closers = nil
	return err
}
