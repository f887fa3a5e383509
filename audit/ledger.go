package audit

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/schema"
)

// Errors that callers tell apart.
var (
	// ErrUnavailable says that an event is not known to be durable. It may be durable, or
	// become so later. Until that is known, nothing may leave because of it.
	ErrUnavailable = errors.New("ledger unavailable")
	// ErrTampered says that stored rows contradict each other. This package never leaves
	// them so.
	ErrTampered = schema.ErrTampered
	// ErrQuery says that a question is malformed.
	ErrQuery = schema.ErrQuery
)

// Config configures a Ledger. The fields without a default must be set.
type Config struct {
	Writer *sql.DB // where acts commit; with SQLite its one connection is shared with them
	Reader *sql.DB // the same database, never a standby that may lag; default: Writer
	// PostgreSQL says which of the two engines the database is.
	PostgreSQL bool

	// Origin names this installation's ledgers in checkpoints, as in
	// "bordereau.example/audit". A ledger appends "/" and its name.
	Origin string
	Key    ed25519.PrivateKey // signs checkpoints
	// Former are keys from before Key that sign checkpoints too, as long as some
	// verifiers know no newer key.
	Former []ed25519.PrivateKey
	// Unsigned is for a process that signs nothing. Key then stands in for a key that may
	// be lost, and is not compared with the ledgers' key.
	Unsigned bool

	Node string // the machine's name; events without a node get it, with a suffix of this run

	Observer Observer // default: none

	Clock  func() time.Time // default: time.Now
	Logger *slog.Logger     // default: nothing is logged

	WaitTimeout time.Duration // how long Wait waits for an event to become durable; default: 2 s
	// Poll is how often to look for events in the outbox of a replica that died.
	// Default: 250 ms.
	Poll  time.Duration
	Batch int // the most events sequenced in one transaction; default: 512
	// Heartbeat is how often a process with running accesses writes a heartbeat, and
	// looks at those of the others. Default: 5 s.
	Heartbeat time.Duration
	SumLimit  time.Duration // how long a question about sums may take; default: 20 s
	// Lost is how long a process may go without a heartbeat before its accesses are
	// closed as unknown. Default: 30 s.
	Lost time.Duration
}

// Ledger is all ledgers of one database. Its methods may be called from any number of
// goroutines.
type Ledger struct {
	*ask.Asker // answers questions, and cannot write

	config  Config
	node    string // of this run
	queue   queue
	waiters *waiters
	orphans orphans
	wake    chan struct{} // holds at most one request for a round
	rounds  rounds
	started atomic.Bool
	stopped chan struct{} // closed when Run returns

	histories histories
	memory    memory

	halting    sync.Once
	halted     chan struct{} // closed by Halt
	haltReason error         // set before halted is closed
	haltKept   atomic.Bool   // the database says so too
}

// Open checks that the database makes commits durable, and opens its ledgers. Migrate
// must have run.
func Open(ctx context.Context, c Config) (*Ledger, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	if err := checkDurable(ctx, c.Writer, c.PostgreSQL); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	l := &Ledger{
		Asker:   ask.New(c.Reader, c.PostgreSQL, c.Clock, c.SumLimit),
		config:  c,
		node:    nodeOf(c.Node),
		waiters: newWaiters(),
		wake:    make(chan struct{}, 1),
		stopped: make(chan struct{}),
		halted:  make(chan struct{}),
	}
	if err := l.loadHistories(ctx, c.Key); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	return l, nil
}

// complete sets defaults and refuses a configuration that cannot work.
func (c *Config) complete() error {
	if c.Writer == nil {
		return errors.New("no database")
	}
	if c.Reader == nil {
		c.Reader = c.Writer
	}
	if c.Observer == nil {
		c.Observer = nothing{}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.WaitTimeout <= 0 {
		c.WaitTimeout = 2 * time.Second
	}
	if c.Poll <= 0 {
		c.Poll = 250 * time.Millisecond
	}
	if c.Batch <= 0 {
		c.Batch = 512
	}
	if c.Heartbeat <= 0 {
		c.Heartbeat = 5 * time.Second
	}
	if c.SumLimit <= 0 {
		c.SumLimit = 20 * time.Second
	}
	if c.Lost <= 0 {
		c.Lost = 30 * time.Second
	}
	for _, key := range append([]ed25519.PrivateKey{c.Key}, c.Former...) {
		if len(key) != ed25519.PrivateKeySize {
			return errors.New("no key to sign checkpoints with")
		}
	}
	_, err := newSigner(c.Origin, c.Key)
	return err
}

// Node is the name that this run's events carry.
func (l *Ledger) Node() string { return l.node }

const begunLedgers = `SELECT ledger FROM audit_head ORDER BY ledger`

// Ledgers lists the ledgers that hold an event.
func (l *Ledger) Ledgers(ctx context.Context) ([]string, error) {
	return listLedgers(ctx, l.config.Reader, begunLedgers)
}

func listLedgers(ctx context.Context, from schema.Queryer, query string) ([]string, error) {
	rows, err := from.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("listing ledgers: %w", err)
	}
	defer rows.Close()
	var ledgers []string
	for rows.Next() {
		var ledger string
		if err := rows.Scan(&ledger); err != nil {
			return nil, fmt.Errorf("listing ledgers: %w", err)
		}
		ledgers = append(ledgers, ledger)
	}
	return ledgers, rows.Err()
}
