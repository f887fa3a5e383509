package event

import "slices"

// RetentionClass decides how long the erasable data of an event is kept. It follows from
// the event's action and outcome.
type RetentionClass string

// The classes. All but refusals are those of Kind.
const (
	RetainContent RetentionClass = "content"
	RetainWork    RetentionClass = "work"
	RetainAccess  RetentionClass = "access"
	RetainSignIn  RetentionClass = "sign-in"
	RetainAudit   RetentionClass = "audit"
	RetainDenial  RetentionClass = "denial" // refusals of every kind
)

// Retention says for how many days the erasable data of a class's events is kept. Before
// the floor no one can have it erased, so that no one hides a recent act. After the
// ceiling only a legal hold keeps it.
type Retention struct {
	Class                   RetentionClass
	Floor, Default, Ceiling int // days
}

// retentions follows the law and the practice that docs/audit.md cites.
var retentions = []Retention{
	{RetainContent, 365, 730, 2192},
	{RetainWork, 183, 365, 1096},
	{RetainAccess, 365, 1096, 2192},
	{RetainSignIn, 183, 365, 1096},
	{RetainAudit, 365, 1096, 2192},
	{RetainDenial, 365, 730, 2192},
}

// Retentions lists the classes with their bounds.
func Retentions() []Retention { return slices.Clone(retentions) }

// RetentionClassOf is the class of events of the kind with the outcome.
func RetentionClassOf(kind Kind, outcome Outcome) RetentionClass {
	if outcome == OutcomeDeny {
		return RetainDenial
	}
	return RetentionClass(kind)
}
