package gateway

import "github.com/bordereau/bordereau/gateway/keys"

// These are the types of package keys, under the names for callers of this package.
type (
	ContractKey = keys.ContractKey
	KeyCheck    = keys.KeyCheck
	KeyHolder   = keys.KeyHolder
	KeyProblem  = keys.KeyProblem
	Keys        = keys.Keys
	Node        = keys.Node
	Rewrapped   = keys.Rewrapped
	Rotation    = keys.Rotation
)
