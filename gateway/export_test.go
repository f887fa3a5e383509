package gateway

import (
	"context"
	"slices"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// MaxEnforcers is the bound of the compiled contracts.
const MaxEnforcers = maxEnforcers

// Compiled is the cache of compiled contracts, by itself.
type Compiled struct {
	cache *cache[contractVersion, *policy.Compiled]
}

func NewCompiled() Compiled {
	return Compiled{newCache[contractVersion](maxEnforcers, (*policy.Compiled).Weight)}
}

func (c Compiled) Get(id ContractID, load func() (*policy.Compiled, error)) (*policy.Compiled, error) {
	return c.cache.get(contractVersion{id, 1}, load)
}

// DropAll takes everything out.
func (c Compiled) DropAll() { c.cache.drop(func(contractVersion) bool { return true }) }

// Keep makes a version of a contract decide by something else than its terms.
func (g *Gateway) Keep(id ContractID, version int64, c *policy.Compiled) {
	g.contracts.mu.Lock()
	defer g.contracts.mu.Unlock()
	g.contracts.values[contractVersion{id, version}] = c
}

// Timed is what a decision cost: reading its facts in a transaction, getting the compiled contract from the cache or making
// it, and deciding.
type Timed struct{ Facts, Compile, Decide time.Duration }

// TimeDecision decides about facts under a stored contract as an act would, its party, status, version and roles read from the
// database.
func (g *Gateway) TimeDecision(ctx context.Context, caller Caller, id ContractID, f policy.Facts) (spent Timed, d policy.Decision, err error) {
	err = g.db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		s := g.newScene(caller, f.Action)
		version := int64(1)
		start := time.Now()
		compiled, err := g.compiled(ctx, tx, id, version)
		if err != nil {
			return err
		}
		cached := time.Now()
		if err := s.readCaller(ctx, tx); err != nil {
			return err
		}
		if err := s.onContract(ctx, tx, id); err != nil {
			return err
		}
		f.Now, f.Contract, f.Roles, f.MemberActive, f.Organisation = s.now, s.facts.Contract, s.facts.Roles, s.facts.MemberActive, s.organisation
		read := time.Now()
		d = compiled.Decide(f)
		spent = Timed{Compile: cached.Sub(start), Facts: read.Sub(cached), Decide: time.Since(read)}
		return nil
	})
	return spent, d, err
}

// HeldContracts is how many versions the gateway keeps compiled, and how much they weigh.
func (g *Gateway) HeldContracts() (versions, weight int) { return Compiled{g.contracts}.Held() }

// Held is how many versions are kept, and how much they weigh.
func (c Compiled) Held() (versions, weight int) {
	for _, v := range c.cache.values {
		weight += v.Weight()
	}
	return len(c.cache.values), weight
}

// Bounded is a cache of values that each weigh what they say.
type Bounded struct{ cache *cache[string, int] }

func NewBounded(bound int) Bounded {
	return Bounded{newCache[string](bound, func(weight int) int { return weight })}
}

// Put keeps a value, if the bound lets it.
func (b Bounded) Put(key string, weight int) {
	b.cache.get(key, func() (int, error) { return weight, nil })
}

func (b Bounded) Drop(gone func(string) bool) { b.cache.drop(gone) }

func (b Bounded) Len() int { return len(b.cache.values) }

// EpochsInMemory lists of which epochs of a contract this process has the identity in memory.
func (g *Gateway) EpochsInMemory(id ContractID) []int64 {
	g.identities.mu.Lock()
	defer g.identities.mu.Unlock()
	var epochs []int64
	for k := range g.identities.values {
		if k.contract == id {
			epochs = append(epochs, k.epoch)
		}
	}
	slices.Sort(epochs)
	return epochs
}

// Announce tells the database once which roots are at hand, as Run does from time to time.
func (g *Gateway) Announce(ctx context.Context) error { return g.announce(ctx) }

// EraseForgetfully is EraseDocument with a load that forgets the holds. It would erase if the decision allowed it.
func (g *Gateway) EraseForgetfully(ctx context.Context, caller Caller, id DocumentID) error {
	_, err := g.do(ctx, caller, act{
		action: policy.ActionDocumentErase,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			if err := onErasableDocument(ctx, tx, s, id); err != nil {
				return err
			}
			s.facts.Holds = nil
			return nil
		},
		mutate: func(ctx context.Context, tx *database.Tx, s *scene) error {
			_, err := eraseDocument(ctx, tx, s, id, "forgetfully")
			return err
		},
	})
	return err
}

// SignInForgetfully is SignIn with a load that forgets to check the credential.
func (g *Gateway) SignInForgetfully(ctx context.Context, caller Caller) error {
	_, err := g.do(ctx, caller, act{
		action: policy.ActionTokenIssue,
		load: func(ctx context.Context, tx *database.Tx, s *scene) error {
			s.onOperator()
			s.visible = false
			return nil
		},
	})
	return err
}
