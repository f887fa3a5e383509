package upkeep

import (
	"log/slog"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/erasing"
	"github.com/bordereau/bordereau/gateway/keys"
)

// Config is what an Upkeep is made of. Every field is needed.
type Config struct {
	Door     *choke.Door
	Owner    *choke.Owner
	Keys     *keys.Keeper
	Erasures *erasing.Erasures
	Ledger   *audit.Ledger
	Objects  choke.Objects
	Logger   *slog.Logger
	Worked   func(work string, err error) // is told of each sweep of the store
	Limits   Limits
}

// Limits are the durations. gateway.Config says what each means.
type Limits struct{ LateWrite, SweepEvery, SweepStoreEvery, BackupRetention time.Duration }

// Upkeep does the work of the machine's owner. Its methods are safe for concurrent use.
type Upkeep struct {
	door     *choke.Door
	owner    *choke.Owner
	keys     *keys.Keeper
	erasures *erasing.Erasures
	ledger   *audit.Ledger
	objects  choke.Objects
	log      *slog.Logger
	worked   func(work string, err error)
	limits   Limits
}

// New makes an Upkeep.
func New(c Config) *Upkeep {
	return &Upkeep{door: c.Door, owner: c.Owner, keys: c.Keys, erasures: c.Erasures, ledger: c.Ledger, objects: c.Objects,
		log: c.Logger, worked: c.Worked, limits: c.Limits}
}
