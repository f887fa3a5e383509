package gateway

import "github.com/bordereau/bordereau/gateway/explain"

// These are the types of package explain, under the names for callers of this package.
type (
	Impact       = explain.Impact
	Reader       = explain.Reader
	ReaderChange = explain.ReaderChange
	Readers      = explain.Readers
	RuleChange   = explain.RuleChange
	Simulation   = explain.Simulation
	Subject      = explain.Subject
	When         = explain.When
)
