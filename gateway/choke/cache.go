package choke

import "sync"

// Cache keeps values that never change for their key, up to a bound. When it is full,
// some entry goes, and is made again when it is asked for again. No entry is ever stale,
// so the cache needs no invalidation.
type Cache[K comparable, V any] struct {
	bound int         // of the sum of weights
	weigh func(V) int // nil: every value weighs 1

	mu     sync.Mutex // guards what follows
	values map[K]V
	weight int
}

// NewCache makes a cache whose values together weigh at most bound. Each value weighs 1
// if weigh is nil.
func NewCache[K comparable, V any](bound int, weigh func(V) int) *Cache[K, V] {
	return &Cache[K, V]{bound: bound, weigh: weigh, values: make(map[K]V)}
}

// Drop removes the values whose key is gone. They are not stale, but must not be kept.
func (c *Cache[K, V]) Drop(gone func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, v := range c.values {
		if gone(k) {
			delete(c.values, k)
			c.weight -= c.weightOf(v)
		}
	}
}

// Get returns the value of key, and makes it with load if it is missing. Two callers may
// both make it, and the cache keeps one of the two.
func (c *Cache[K, V]) Get(key K, load func() (V, error)) (V, error) {
	c.mu.Lock()
	v, ok := c.values[key]
	c.mu.Unlock()
	if ok {
		return v, nil
	}
	v, err := load()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.values[key]; ok {
		return v, nil
	}
	c.weight += c.weightOf(v)
	for k, old := range c.values {
		if c.weight <= c.bound {
			break
		}
		delete(c.values, k)
		c.weight -= c.weightOf(old)
	}
	c.values[key] = v
	return v, nil
}

func (c *Cache[K, V]) weightOf(v V) int {
	if c.weigh == nil {
		return 1
	}
	return c.weigh(v)
}

// Held returns how many values are kept, and their weight.
func (c *Cache[K, V]) Held() (values, weight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.values {
		weight += c.weightOf(v)
	}
	return len(c.values), weight
}
