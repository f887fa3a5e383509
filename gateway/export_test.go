package gateway

import "github.com/bordereau/bordereau/policy"

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

// Keep makes a version of a contract decide by something else than its terms.
func (g *Gateway) Keep(id ContractID, version int64, c *policy.Compiled) {
	g.contracts.mu.Lock()
	defer g.contracts.mu.Unlock()
	g.contracts.values[contractVersion{id, version}] = c
}

// Held is how many versions are kept, and how much they weigh.
func (c Compiled) Held() (versions, weight int) {
	for _, v := range c.cache.values {
		weight += v.Weight()
	}
	return len(c.cache.values), weight
}
