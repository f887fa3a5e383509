package erasing

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/keys"
)

// Config is what an Erasures is made of. All of it is needed.
type Config struct {
	Door     *choke.Door
	Owner    *choke.Owner
	Keys     *keys.Keeper
	Ledger   *audit.Ledger // for positions of events, and to erase their erasable data
	Objects  choke.Objects
	Receipts choke.ReceiptSigner // signs the journal and the certificates
	Logger   *slog.Logger
	Limits   Limits

	EventRetention map[event.RetentionClass]time.Duration // a class that is not in it has the default
}

// Limits are the durations. gateway.Config says what each means.
type Limits struct{ BackupRetention, NameRetention time.Duration }

// Erasures erases. Its methods are safe for concurrent use.
type Erasures struct {
	door      *choke.Door
	owner     *choke.Owner
	keys      *keys.Keeper
	ledger    *audit.Ledger
	objects   choke.Objects
	receipts  choke.ReceiptSigner
	log       *slog.Logger
	stuck     atomic.Int64
	limits    Limits
	retention map[event.RetentionClass]time.Duration
}

// New makes an Erasures. It refuses retentions that are too short or too long.
func New(c Config) (*Erasures, error) {
	if c.Limits.NameRetention < NameRetentionFloor || c.Limits.NameRetention > NameRetentionCeiling {
		return nil, fmt.Errorf("NameRetention must be from %s to %s", NameRetentionFloor, NameRetentionCeiling)
	}
	retention, err := eventRetention(c.EventRetention)
	if err != nil {
		return nil, err
	}
	return &Erasures{door: c.Door, owner: c.Owner, keys: c.Keys, ledger: c.Ledger, objects: c.Objects, receipts: c.Receipts,
		log: c.Logger, limits: c.Limits, retention: retention}, nil
}
