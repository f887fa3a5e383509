package explain

import "github.com/bordereau/bordereau/gateway/choke"

// Explanations answers questions to the policy. Its methods are safe for concurrent use.
type Explanations struct{ door *choke.Door }

// New makes an Explanations.
func New(door *choke.Door) *Explanations { return &Explanations{door} }
