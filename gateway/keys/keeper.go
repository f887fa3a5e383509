package keys

import (
	"log/slog"

	"github.com/bordereau/bordereau/crypto"
	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway/choke"
)

// Config is what a Keeper is made of. Every field is needed.
type Config struct {
	Door    *choke.Door
	Owner   *choke.Owner
	Objects choke.Objects
	Root    *keyring.Root // opens contract identities
	Logger  *slog.Logger
	Node    string // the machine's name
}

// Keeper keeps the contracts' identities. Its methods are safe for concurrent use.
type Keeper struct {
	door    *choke.Door
	owner   *choke.Owner
	objects choke.Objects
	root    *keyring.Root
	log     *slog.Logger
	node    string // this run of this process

	identities *choke.Cache[Epoch, *crypto.Identity]
	recipients *choke.Cache[Epoch, *crypto.Recipient] // parsed, because the text form is long
}

// New makes a Keeper.
func New(c Config) *Keeper {
	return &Keeper{door: c.Door, owner: c.Owner, objects: c.Objects, root: c.Root, log: c.Logger, node: nodeName(c.Node),
		identities: choke.NewCache[Epoch, *crypto.Identity](4096, nil),
		recipients: choke.NewCache[Epoch, *crypto.Recipient](4096, nil)}
}

// InMemory lists the epochs of a contract whose identity this process has in memory, in
// no order.
func (kp *Keeper) InMemory(id choke.ContractID) []int64 {
	var epochs []int64
	kp.identities.Drop(func(k Epoch) bool {
		if k.Contract == id {
			epochs = append(epochs, k.Epoch)
		}
		return false
	})
	return epochs
}
