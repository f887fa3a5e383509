package gateway

import (
	"context"
	"slices"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/erasing"
	"github.com/bordereau/bordereau/policy"
)

// MaxEnforcers is the bound of the compiled contracts.
const MaxEnforcers = choke.MaxEnforcers

// Compiled is the cache of compiled contracts, by itself.
type Compiled struct{ cache *choke.Compiled }

func NewCompiled() Compiled { return Compiled{choke.NewCompiled()} }

func (c Compiled) Get(id ContractID, load func() (*policy.Compiled, error)) (*policy.Compiled, error) {
	return c.cache.Get(choke.VersionKey{Contract: id, Version: 1}, load)
}

// DropAll takes everything out.
func (c Compiled) DropAll() { c.cache.Drop(func(choke.VersionKey) bool { return true }) }

// Held returns how many versions are kept, and their weight.
func (c Compiled) Held() (versions, weight int) { return c.cache.Held() }

// Bounded is a cache of values that state their weight.
type Bounded struct{ cache *choke.Cache[string, int] }

func NewBounded(bound int) Bounded {
	return Bounded{choke.NewCache[string](bound, func(weight int) int { return weight })}
}

// Put keeps a value if the bound allows it.
func (b Bounded) Put(key string, weight int) {
	b.cache.Get(key, func() (int, error) { return weight, nil })
}

func (b Bounded) Drop(gone func(string) bool) { b.cache.Drop(gone) }

func (b Bounded) Len() int {
	values, _ := b.cache.Held()
	return values
}

// Keep makes a version of a contract decide by other terms than its own.
func (g *Gateway) Keep(id ContractID, version int64, c *policy.Compiled) {
	key := choke.VersionKey{Contract: id, Version: version}
	g.contracts.Drop(func(k choke.VersionKey) bool { return k == key })
	g.contracts.Get(key, func() (*policy.Compiled, error) { return c, nil })
}

// Timed is the cost of a decision: reading its facts in a transaction, getting the
// compiled contract from the cache or making it, and deciding.
type Timed struct{ Facts, Compile, Decide time.Duration }

// TimeDecision decides facts under a stored contract as an act does. It reads the party,
// the status, the version and the roles from the database.
func (g *Gateway) TimeDecision(ctx context.Context, caller Caller, id ContractID, f policy.Facts) (spent Timed, d policy.Decision, err error) {
	err = g.owner.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		start := time.Now()
		_, err := g.door.Compiled(ctx, tx, id, 1)
		spent.Compile = time.Since(start)
		return err
	})
	if err != nil {
		return spent, d, err
	}
	start := time.Now()
	err = g.door.Ask(ctx, caller, choke.Act{Action: f.Action, Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
		if err := s.OnContract(ctx, tx, id); err != nil {
			return err
		}
		read := time.Now()
		own := s.Facts()
		f.Now, f.Contract, f.Roles, f.MemberActive, f.Organisation = s.Now(), own.Contract, own.Roles, own.MemberActive, s.Organisation()
		d = s.Terms().Decide(f)
		spent.Facts, spent.Decide = read.Sub(start), time.Since(read)
		return nil
	}})
	if choke.IsRefusal(err) {
		err = nil // of the act without the facts of a document: only d counts
	}
	return spent, d, err
}

// HeldContracts returns how many versions the gateway keeps compiled, and their weight.
func (g *Gateway) HeldContracts() (versions, weight int) { return g.contracts.Held() }

// EpochsInMemory lists the epochs of a contract whose identity this process has in
// memory.
func (g *Gateway) EpochsInMemory(id ContractID) []int64 {
	return slices.Sorted(slices.Values(g.keys.InMemory(id)))
}

// EraseForgetfully is EraseDocument with a load that forgets the holds. Its mutate would
// erase.
func (g *Gateway) EraseForgetfully(ctx context.Context, caller Caller, id DocumentID) error {
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionDocumentErase,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			if err := erasing.OnErasableDocument(ctx, tx, s, id); err != nil {
				return err
			}
			s.Facts().Holds = nil
			return nil
		},
		Mutate: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			_, err := erasing.EraseDocument(ctx, tx, s, id, "forgetfully")
			return err
		},
	})
	return err
}

// SignInForgetfully is SignIn with a load that forgets to check the credential.
func (g *Gateway) SignInForgetfully(ctx context.Context, caller Caller) error {
	_, err := g.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionTokenIssue,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			s.OnOperator()
			s.Hide()
			return nil
		},
	})
	return err
}
