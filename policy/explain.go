package policy

import (
	"net/netip"
	"slices"
	"time"
)

// Outcome is how one condition of a decision came out.
type Outcome struct {
	Condition string // the condition's name
	Holds     bool
	Reason    Reason // ReasonAllowed, or what the denial would be called
}

// Explain is Decide with the outcome of every condition of the act, in their order, for the role that Decide names. A
// decision stops at the first that fails; here the others are tried as well, to say what else stands in the way.
func (c *Compiled) Explain(f Facts) (Decision, []Outcome) {
	q, reason := c.ask(f, conditions)
	var outcomes []Outcome
	for _, condition := range conditions {
		if condition.on != nil && !slices.Contains(condition.on, f.Action) {
			continue
		}
		r := condition.check(q)
		outcomes = append(outcomes, Outcome{Condition: condition.name, Holds: r == ReasonAllowed, Reason: r})
	}
	return q.decision(reason), outcomes
}

// Address is an address inside the first of the contract's sites, for asking what could be done from a place where the
// contract lets people work.
func (c *Compiled) Address() netip.Addr { return c.networks[0].prefix.Addr() }

// Openings are the moments in [from, until) at which hours begin, in the order of time; none where any time is allowed.
func (c *Compiled) Openings(from, until time.Time) []time.Time {
	if len(c.hours) == 0 {
		return nil
	}
	open := func(t time.Time) bool {
		q := question{Compiled: c, Facts: Facts{Now: t}}
		return isWithinHours(&q) == ReasonAllowed
	}
	var openings []time.Time
	before := open(from)
	for t := from.Truncate(time.Minute).Add(time.Minute); t.Before(until); t = t.Add(time.Minute) {
		now := open(t)
		if now && !before {
			openings = append(openings, t)
		}
		before = now
	}
	return openings
}
