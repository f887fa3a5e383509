package gatewaytest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/objects"
	"github.com/bordereau/bordereau/gateway/objects/objectstest/faulty"
	"github.com/bordereau/bordereau/policy"
)

// Config has the parts of which a House is built.
type Config struct {
	Database    *database.DB     // default: SQLite in a file of the test
	Objects     gateway.Objects  // default: a folder of the test
	WallClock   bool             // the machine's own time instead of a clock that the test sets
	Now         func() time.Time // the time of acts, in place of a clock that the test sets
	NoSequencer bool             // the ledger's sequencer does not run until StartSequencer
	WaitTimeout time.Duration    // of the ledger; default: 30 s, so that a slow machine fails no test
	Lost        time.Duration    // after it the ledger closes grants of a silent replica; default: the ledger's own
	Logger      *slog.Logger     // of the gateway; default: none
	Forgetful   bool             // lets a decision lack facts, which otherwise fails the test
}

// House is one gateway with its database, ledger, store and keys.
type House struct {
	Gateway  *gateway.Gateway
	Ledger   *audit.Ledger
	Database *database.DB
	Objects  *faulty.Store
	Clock    *Clock // nil with the machine's own time

	// Operator is the first person, who may add others. OperatorCredential is that
	// person's secret. Both are empty in a replica and in a house whose sequencer did not
	// run.
	Operator           gateway.Caller
	OperatorCredential gateway.Credential

	Receipts *identity.ReceiptKey
	RootFile string // of the first gateway

	names sync.Mutex
	taken map[string]int // how often a name was given, under names

	root *keyring.Root
	seed []byte           // of the ledger's key
	time func() time.Time // nil: Clock, or the machine's
	stop func()           // of the sequencer, nil while it does not run
}

// New builds a house that lasts as long as the test.
func New(t testing.TB, c Config) *House {
	t.Helper()
	needs.Parallel(t)
	if c.Database == nil {
		c.Database = databasetest.SQLite(t)
	}
	if err := audit.Migrate(t.Context(), c.Database.Writer(), c.Database.PostgreSQL()); err != nil {
		t.Fatal(err)
	}
	h := &House{Database: c.Database, RootFile: filepath.Join(t.TempDir(), "root.key"), seed: make([]byte, ed25519.SeedSize), Receipts: receiptKey(t)}
	var err error
	if h.root, err = keyring.Create(h.RootFile); err != nil {
		t.Fatal(err)
	}
	if h.time = c.Now; !c.WallClock && c.Now == nil {
		h.Clock = &Clock{now: time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)}
	}
	h.build(t, c)
	if !c.NoSequencer {
		h.bootstrap(t)
	}
	return h
}

// Replica builds a second gateway on the same database, objects, keys and clock.
func (h *House) Replica(t testing.TB) *House {
	t.Helper()
	r := &House{Database: h.Database, Clock: h.Clock, Receipts: h.Receipts, root: h.root, seed: h.seed}
	r.build(t, Config{Objects: h.Objects, WallClock: h.Clock == nil})
	return r
}

// ReplicaAt is Replica with a time of acts of its own.
func (h *House) ReplicaAt(t testing.TB, now func() time.Time) *House {
	t.Helper()
	r := &House{Database: h.Database, Receipts: h.Receipts, root: h.root, seed: h.seed, time: now}
	r.build(t, Config{Objects: h.Objects, Now: now})
	return r
}

// WithRoot builds another gateway on the same database, objects and clock, with the keys
// of another root file.
func (h *House) WithRoot(t testing.TB, root *keyring.Root) *House {
	t.Helper()
	r := &House{Database: h.Database, Clock: h.Clock, Receipts: h.Receipts, Operator: h.Operator, root: root, seed: h.seed}
	r.build(t, Config{Objects: h.Objects, WallClock: h.Clock == nil})
	return r
}

// At returns the world as another gateway on the same database sees it.
func (w *World) At(h *House) *World {
	there := *w
	there.House = h
	return &there
}

func (h *House) build(t testing.TB, c Config) {
	t.Helper()
	now := h.now
	if c.WaitTimeout == 0 {
		c.WaitTimeout = 30 * time.Second
	}
	var err error
	h.Ledger, err = audit.Open(t.Context(), audit.Config{Writer: h.Database.Writer(), Reader: h.Database.Reader(),
		PostgreSQL: h.Database.PostgreSQL(), Origin: "test.bordereau.example/audit", Key: ed25519.NewKeyFromSeed(h.seed),
		Clock: now, WaitTimeout: c.WaitTimeout, Lost: c.Lost, Heartbeat: c.Lost / 4})
	if err != nil {
		t.Fatal(err)
	}
	if c.Objects == nil {
		c.Objects = folder(t)
	}
	h.Objects = faulty.New(c.Objects)
	h.Gateway, err = gateway.New(t.Context(), gateway.Config{Database: h.Database, Ledger: h.Ledger, Objects: h.Objects,
		Root: h.root, Receipts: h.Receipts, Clock: now, Logger: watchFacts(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	if !c.NoSequencer {
		h.StartSequencer(t)
	}
}

// now is the house's time.
func (h *House) now() time.Time {
	switch {
	case h.time != nil:
		return h.time()
	case h.Clock == nil:
		return time.Now()
	}
	return h.Clock.Now()
}

func folder(t testing.TB) *objects.Folder {
	t.Helper()
	f, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func receiptKey(t testing.TB) *identity.ReceiptKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := identity.NewReceiptKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// StartSequencer lets the ledger's sequencer run until the test ends or StopSequencer.
func (h *House) StartSequencer(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Ledger.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("sequencer: %v", err)
		}
	}
	t.Cleanup(func() { h.StopSequencer() })
}

// StopSequencer stops the ledger's sequencer and waits until it has stopped.
func (h *House) StopSequencer() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

func (h *House) bootstrap(t testing.TB) {
	t.Helper()
	member, credential, err := h.Gateway.Bootstrap(t.Context(), gateway.First{Organisation: "Operator", Country: "FR", Person: "Olive Operator"})
	if err != nil {
		t.Fatal(err)
	}
	h.Operator, h.OperatorCredential = caller(member.ID), credential
}

// Address is the address of the people of a World, inside the site of its contracts.
var Address = netip.MustParseAddr("192.0.2.7")

func caller(person gateway.PersonID) gateway.Caller {
	return gateway.Caller{Person: person, Auth: "test", Address: Address, UserAgent: "gatewaytest", Request: policy.NewID("q")}
}

// Outside is an address that no contract of a World allows to read from.
var Outside = netip.MustParseAddr("203.0.113.9")

// Remade makes another gateway of the same house, with more of its configuration set, and
// returns the error of that.
func (h *House) Remade(t testing.TB, c gateway.Config) error {
	t.Helper()
	c.Database, c.Ledger, c.Objects, c.Root, c.Receipts = h.Database, h.Ledger, h.Objects, h.root, h.Receipts
	_, err := gateway.New(t.Context(), c)
	return err
}
