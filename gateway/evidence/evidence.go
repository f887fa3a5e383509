package evidence

import (
	"context"
	"log/slog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
)

// Config is what an Evidence is made of. All of it is needed.
type Config struct {
	Door   *choke.Door
	Owner  *choke.Owner // for questions of the machine's owner
	Asker  *ask.Asker
	Proofs Proofs
	Logger *slog.Logger
}

// Proofs gives what outsiders check ledgers with. *audit.Ledger implements it.
type Proofs interface {
	// Tree gives a ledger as it is now. It agrees with itself however far the ledger
	// grows meanwhile.
	Tree(ctx context.Context, ledger string) (*audit.Tree, error)
	// VerifierKey is the key in use, in the form of package note.
	VerifierKey(ledger string) string
	// Rotations lists the ledger's changes of keys, oldest first.
	Rotations(ledger string) []audit.Rotation
	// Statement is a former key's signed note which key follows it.
	Statement(ledger string, r audit.Rotation) ([]byte, error)
}

// Evidence answers questions to the ledgers. Its methods are safe for concurrent use.
type Evidence struct {
	door   *choke.Door
	owner  *choke.Owner
	asker  *ask.Asker
	proofs Proofs
	log    *slog.Logger
	packs  chan struct{} // holds one for each evidence pack that is being made
}

// New makes an Evidence.
func New(c Config) *Evidence {
	return &Evidence{door: c.Door, owner: c.Owner, asker: c.Asker, proofs: c.Proofs, log: c.Logger,
		packs: make(chan struct{}, maxPacks)}
}

// view reads the gateway's own tables on behalf of the asker: Scene.View for a caller
// whose question was allowed, Owner.View for the machine's owner.
type view func(ctx context.Context, read func(ctx context.Context, tx *database.Tx) error) error
