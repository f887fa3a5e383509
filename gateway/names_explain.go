package gateway

import "github.com/bordereau/bordereau/gateway/explain"

// The words of package explain, under the names that callers of this package know.
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
