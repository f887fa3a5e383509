package transfer

import (
	"log/slog"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/keys"
)

// Config is what a Transfers is made of. Every field is needed.
type Config struct {
	Door     *choke.Door
	Owner    *choke.Owner
	Keys     *keys.Keeper
	Objects  choke.Objects
	Receipts choke.ReceiptSigner
	Logger   *slog.Logger
	Limits   Limits
}

// Limits are the durations and sizes. gateway.Config says what each means.
type Limits struct {
	VerifyWhole                                   int64
	TakeOver, IdleUpload, LateWrite, RecheckEvery time.Duration
}

// Transfers takes documents in and gives them out. Its methods are safe for concurrent
// use.
type Transfers struct {
	door     *choke.Door
	owner    *choke.Owner
	keys     *keys.Keeper
	objects  choke.Objects
	receipts choke.ReceiptSigner
	log      *slog.Logger
	limits   Limits
}

// New makes a Transfers.
func New(c Config) *Transfers {
	return &Transfers{door: c.Door, owner: c.Owner, keys: c.Keys, objects: c.Objects, receipts: c.Receipts, log: c.Logger, limits: c.Limits}
}
