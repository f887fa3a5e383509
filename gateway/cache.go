package gateway

import "sync"

// cache keeps values that never change for their key, up to a bound. When it is full, some entry goes: what is asked for
// again is made again. Nothing in it is ever stale, so it needs no invalidation.
type cache[K comparable, V any] struct {
	bound int

	mu     sync.Mutex // guards values
	values map[K]V
}

func newCache[K comparable, V any](bound int) *cache[K, V] {
	return &cache[K, V]{bound: bound, values: make(map[K]V)}
}

// drop takes out the values whose key has gone. They were not stale; they must not be kept.
func (c *cache[K, V]) drop(gone func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k := range c.values {
		if gone(k) {
			delete(c.values, k)
		}
	}
}

// get gives the value of key, made by load when it is not there. Two callers may both make it; either's is kept.
func (c *cache[K, V]) get(key K, load func() (V, error)) (V, error) {
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
	if len(c.values) >= c.bound {
		for k := range c.values {
			delete(c.values, k)
			break
		}
	}
	c.values[key] = v
	return v, nil
}
