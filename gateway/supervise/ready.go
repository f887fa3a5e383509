package supervise

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/gateway/database"
)

// Database is asked for its health alone: see database.DB.
type Database interface {
	Answers(ctx context.Context) error
	Failing() error
	Unavailable() (writes, reads int64)
	Pools() (writer, reader sql.DBStats)
}

// Ledger is asked for its health alone: see audit.Ledger.
type Ledger interface {
	Halted() error
	Stalled() time.Duration
}

// Gateway can write something that says nothing, and knows its work: see gateway.Gateway.
type Gateway interface {
	Announce(ctx context.Context) error
	StuckErasures() int64
}

// Config names what is watched.
type Config struct {
	Database  Database
	Ledger    Ledger
	Publisher *publish.Publisher
	Gateway   Gateway
	Store     *Store
	Metrics   *Metrics
	Logger    *slog.Logger

	// LedgerWait is how long a request waits for its event. A sequencer whose
	// rounds succeed no more for longer is stalled.
	LedgerWait time.Duration
}

// Supervisor watches one gateway. Its methods are safe for concurrent use.
type Supervisor struct {
	config   Config
	stopping atomic.Bool

	mu   sync.Mutex
	last Report // that was logged
}

// New makes a supervisor, and adds what it watches to the metrics. Metrics have one.
func New(c Config) *Supervisor {
	s := &Supervisor{config: c, last: Report{Ready: true}}
	c.Metrics.watch(s)
	return s
}

// Report says whether the gateway is ready, and the state of each part in a word. A part
// that is as it should be is "ok".
type Report struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"`
}

// The states of parts.
const (
	stateOK       = "ok"
	stateServing  = "serving"
	stateStopping = "stopping" // the process was asked to stop, and finishes what runs
	stateHalted   = "halted"   // the ledgers are halted: see audit.Ledger.Halt
	stateSilent   = "no-answer"
	stateReadOnly = "no-writes" // the last write failed, and so did another try
	stateStalled  = "stalled"   // something waits, and no round of the sequencer succeeds
	stateFailing  = "failing"
)

// patience bounds the questions of one report to the database.
const patience = 2 * time.Second

// Stopping makes every later report say that the gateway is not ready.
func (s *Supervisor) Stopping() { s.stopping.Store(true) }

// Ready looks at every part. A change from ready to unready, or back, is logged with its
// cause.
func (s *Supervisor) Ready(ctx context.Context) Report {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r := Report{Ready: true, Checks: map[string]string{"process": stateServing}}
	var causes error
	need := func(part, wrong string, err error) {
		r.Checks[part] = stateOK
		if err != nil {
			r.Ready, r.Checks[part], causes = false, wrong, errors.Join(causes, err)
		}
	}
	need("ledger", stateHalted, s.config.Ledger.Halted())
	need("sequencer", stateStalled, s.stalled())
	state, err := s.writable(ctx)
	need("database", state, err)
	if s.stopping.Load() {
		r.Ready, r.Checks["process"] = false, stateStopping
	}
	detail := func(part string, failing bool) {
		r.Checks[part] = stateOK
		if failing {
			r.Checks[part] = stateFailing
		}
	}
	detail("store", s.config.Store.Failing())
	detail("publication", s.config.Publisher.Status().Failing)
	s.tell(r, causes)
	return r
}

var errStalled = errors.New("no round of the sequencer succeeds, though something waits for one")

func (s *Supervisor) stalled() error {
	if s.config.Ledger.Stalled() > s.config.LedgerWait+time.Second {
		return errStalled
	}
	return nil
}

// writable asks the database, and tries a write when the last one failed. An idle gateway
// writes only its announcement, once a minute.
func (s *Supervisor) writable(ctx context.Context) (state string, err error) {
	if err := s.config.Database.Answers(ctx); err != nil {
		if errors.Is(err, database.ErrReadOnly) {
			return stateReadOnly, err
		}
		return stateSilent, err
	}
	if s.config.Database.Failing() == nil {
		return stateOK, nil
	}
	return stateReadOnly, s.config.Gateway.Announce(ctx)
}

func (s *Supervisor) tell(r Report, causes error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Ready == s.last.Ready:
	case r.Ready:
		s.config.Logger.Info("ready again")
	case causes != nil:
		s.config.Logger.Warn("not ready", "error", causes)
	}
	s.last = r
}
