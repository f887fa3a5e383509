package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/erasing"
	"github.com/bordereau/bordereau/gateway/evidence"
	"github.com/bordereau/bordereau/gateway/explain"
	"github.com/bordereau/bordereau/gateway/keys"
	"github.com/bordereau/bordereau/gateway/transfer"
	"github.com/bordereau/bordereau/gateway/upkeep"
)

// Config is what a Gateway is made of. A zero duration or size means the stated default.
type Config struct {
	Database *database.DB                 // migrated
	Ledger   *audit.Ledger                // its owner calls its Run
	Objects  Objects                      // stores bodies
	Root     *keyring.Root                // opens contract identities
	Receipts ReceiptSigner                // signs receipts
	Clock    func() time.Time             // time.Now
	Logger   *slog.Logger                 // discards
	Worked   func(work string, err error) // is told of recurring work that ended: sweep, rotation, retention, store-sweep
	Node     string                       // the machine's name in the list of running gateways

	// VerifyWhole is the size in bytes up to which a document is decrypted and verified
	// whole before its first byte leaves. The default is 4 MiB. Above it, a bad document
	// breaks the transfer.
	VerifyWhole int64

	// TakeOver is how long an upload must have been idle before another request may take
	// its reference. The default is 30 s.
	TakeOver time.Duration

	// IdleUpload is how long an upload may be idle before the sweeper abandons it. The
	// default is 15 min.
	IdleUpload time.Duration

	// LateWrite is how long after an upload was abandoned its object may still appear in
	// the store. Until then the sweeper deletes it again. The default is 24 h.
	LateWrite time.Duration

	// SweepEvery is the pause between two sweeps. The default is 1 min.
	SweepEvery time.Duration

	// SweepStoreEvery is how often one of the gateways compares the whole store with the
	// database. The default is 24 h.
	SweepStoreEvery time.Duration

	// BackupRetention is how long backups of the database are kept. After that time no
	// backup can bring back what is erased now. Destruction certificates state it. The
	// default is 35 days.
	BackupRetention time.Duration

	// EventRetention is how long the erasable data of events is kept, by class, within
	// event.Retentions. A class that is not in it has the default. Times are whole days.
	EventRetention map[event.RetentionClass]time.Duration

	// NameRetention is how long the name of a person is kept after the person has left:
	// 30 to 1,096 days. The default is 365 days.
	NameRetention time.Duration

	// RecheckEvery is how often a running download asks whether it is still allowed. The
	// default is 5 s.
	RecheckEvery time.Duration
}

// Gateway embeds the rooms, and so has their methods for callers.
type (
	transfers    = transfer.Transfers
	erasures     = erasing.Erasures
	records      = evidence.Evidence
	explanations = explain.Explanations
	upkeepers    = upkeep.Upkeep
)

// Gateway is the product. Its methods are safe for concurrent use. Any number of gateways
// may share one database and one store.
type Gateway struct {
	*transfers
	*erasures
	*records
	*explanations
	*upkeepers

	door       *choke.Door
	owner      *choke.Owner
	keys       *keys.Keeper
	contracts  *choke.Compiled
	sweepEvery time.Duration
	log        *slog.Logger
	worked     func(work string, err error)
}

// New makes a Gateway. The operator's organisation must exist. Bootstrap makes it.
func New(ctx context.Context, c Config) (*Gateway, error) {
	if c.Database == nil || c.Ledger == nil || c.Objects == nil || c.Root == nil || c.Receipts == nil {
		return nil, errors.New("making gateway: Database, Ledger, Objects, Root and Receipts are all needed")
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Worked == nil {
		c.Worked = func(string, error) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&c.VerifyWhole, 4<<20)
	setDefault(&c.TakeOver, 30*time.Second)
	setDefault(&c.IdleUpload, 15*time.Minute)
	setDefault(&c.LateWrite, 24*time.Hour)
	setDefault(&c.SweepEvery, time.Minute)
	setDefault(&c.SweepStoreEvery, 24*time.Hour)
	setDefault(&c.RecheckEvery, 5*time.Second)
	setDefault(&c.BackupRetention, 35*24*time.Hour)
	setDefault(&c.NameRetention, NameRetentionDefault)
	contracts := choke.NewCompiled()
	door, owner, err := choke.New(choke.Config{Database: c.Database, Ledger: c.Ledger, Clock: c.Clock, Compiled: contracts, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	keeper := keys.New(keys.Config{Door: door, Owner: owner, Objects: c.Objects, Root: c.Root, Logger: c.Logger, Node: c.Node})
	erasures, err := erasing.New(erasing.Config{Door: door, Owner: owner, Keys: keeper, Ledger: c.Ledger, Objects: c.Objects,
		Receipts: c.Receipts, Logger: c.Logger, EventRetention: c.EventRetention,
		Limits: erasing.Limits{BackupRetention: c.BackupRetention, NameRetention: c.NameRetention}})
	if err != nil {
		return nil, fmt.Errorf("making gateway: %w", err)
	}
	c.Database.Finish(c.Ledger.Join)
	return &Gateway{
		explanations: explain.New(door),
		upkeepers: upkeep.New(upkeep.Config{Door: door, Owner: owner, Keys: keeper, Erasures: erasures, Ledger: c.Ledger, Objects: c.Objects,
			Logger: c.Logger, Worked: c.Worked, Limits: upkeep.Limits{LateWrite: c.LateWrite, SweepEvery: c.SweepEvery, SweepStoreEvery: c.SweepStoreEvery,
				BackupRetention: c.BackupRetention}}),
		erasures: erasures,
		transfers: transfer.New(transfer.Config{Door: door, Owner: owner, Keys: keeper, Objects: c.Objects, Receipts: c.Receipts, Logger: c.Logger,
			Limits: transfer.Limits{VerifyWhole: c.VerifyWhole, TakeOver: c.TakeOver, IdleUpload: c.IdleUpload,
				LateWrite: c.LateWrite, RecheckEvery: c.RecheckEvery}}),
		records: evidence.New(evidence.Config{Door: door, Owner: owner, Asker: c.Ledger.Asker, Proofs: c.Ledger, Logger: c.Logger}),
		door:    door, owner: owner, keys: keeper, contracts: contracts, sweepEvery: c.SweepEvery, log: c.Logger, worked: c.Worked,
	}, nil
}

func setDefault[T comparable](v *T, standard T) {
	var zero T
	if *v == zero {
		*v = standard
	}
}

// Run does the recurring work until ctx ends. It sweeps abandoned uploads, and sometimes
// the whole store. It continues rotations of keys, announces which roots are at hand and,
// once a day, erases what has passed its retention.
func (g *Gateway) Run(ctx context.Context) error {
	var apart sync.WaitGroup // slow work, and the announcements, which must not wait for it
	apart.Go(func() { g.RunStoreSweeps(ctx) })
	apart.Go(func() { g.keys.StayAnnounced(ctx) })
	defer apart.Wait()
	var retained time.Time
	pause := time.NewTicker(g.sweepEvery)
	defer pause.Stop()
	for {
		if err := g.did(ctx, "sweep", g.Sweep(ctx)); err != nil {
			g.log.Error("sweeping abandoned uploads failed", "error", err)
		}
		if err := g.did(ctx, "rotation", g.keys.ContinueRotations(ctx)); err != nil {
			g.log.Error("continuing the rotation of keys failed", "error", err)
		}
		if today := g.door.Now().Truncate(choke.Day); today.After(retained) {
			if err := g.did(ctx, "retention", g.Retain(ctx)); err != nil {
				g.log.Error("erasing what has passed its retention failed", "error", err)
			} else if ctx.Err() == nil {
				retained = today
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pause.C:
		}
	}
}

// did tells the outcome of recurring work, and returns its error. Work that the end of
// ctx broke off has no outcome.
func (g *Gateway) did(ctx context.Context, work string, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	g.worked(work, err)
	return err
}

// Announce announces once which roots are at hand, as Run does from time to time. It is a
// write that a gateway may make at any time.
func (g *Gateway) Announce(ctx context.Context) error { return g.keys.Announce(ctx) }

// Sweep abandons idle uploads, continues unfinished erasures, repeats the deletes that a
// store has refused, and forgets destroyed identities. It may run on any number of
// replicas at once.
func (g *Gateway) Sweep(ctx context.Context) error {
	return errors.Join(g.SweepUploads(ctx), g.keys.ForgetDestroyed(ctx), g.ContinueErasures(ctx), g.RetryRetained(ctx))
}
