package gateway

import "github.com/bordereau/bordereau/gateway/keys"

// The words of package keys, under the names that callers of this package know.
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
