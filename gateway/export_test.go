package gateway

import (
	"context"
	"slices"

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
