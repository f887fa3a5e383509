package evidence

import (
	"log/slog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/choke"
)

// Config is what an Evidence is made of. All of it is needed.
type Config struct {
	Door   *choke.Door
	Owner  *choke.Owner
	Ledger *audit.Ledger // to be read
	Logger *slog.Logger
}

// Evidence answers questions to the ledgers. Its methods are safe for concurrent use.
type Evidence struct {
	door   *choke.Door
	owner  *choke.Owner
	ledger *audit.Ledger
	log    *slog.Logger
	packs  chan struct{} // holds one for each evidence pack that is being made
}

// New makes an Evidence.
func New(c Config) *Evidence {
	return &Evidence{door: c.Door, owner: c.Owner, ledger: c.Ledger, log: c.Logger, packs: make(chan struct{}, maxPacks)}
}
