package policy

import (
	"net/netip"
	"time"
)

// Outcome is the result of one condition of a decision.
type Outcome struct {
	Condition string // the condition's name
	Holds     bool
	Reason    Reason // ReasonAllowed, or the reason that a denial would have
}

// Explain is Decide with the outcome of every condition of the act, in their order, for
// the role of the decision. Decide stops at the first condition that fails; Explain tries
// the others as well.
func (c *Compiled) Explain(f Facts) (Decision, []Outcome) {
	q, reason := c.ask(f, conditions)
	decision := q.decision(reason)
	var outcomes []Outcome
	for _, condition := range conditions {
		if !condition.applies(f.Action) {
			continue
		}
		r := condition.reason(q)
		outcomes = append(outcomes, Outcome{Condition: condition.name, Holds: r == ReasonAllowed, Reason: r})
	}
	return decision, outcomes
}

// Addresses are one address inside each network of the contract's sites, for questions
// about possible accesses.
func (c *Compiled) Addresses() []netip.Addr {
	addresses := make([]netip.Addr, len(c.networks))
	for i, n := range c.networks {
		addresses[i] = n.prefix.Addr()
	}
	return addresses
}

// Bounds are the beginning of a day and of the next, in the contract's zone. Only year,
// month and day of the argument count.
func (c *Compiled) Bounds(day time.Time) (from, until time.Time) {
	return startOfDay(day, c.terms.Validity.Zone), startOfDay(day.AddDate(0, 0, 1), c.terms.Validity.Zone)
}

// Openings are the times in [from, until) at which a condition begins to hold by itself:
// the validity, the wind-down after it, and the hours. They are not in order.
func (c *Compiled) Openings(from, until time.Time) []time.Time {
	var openings []time.Time
	for _, t := range []time.Time{c.terms.Validity.From, c.terms.Validity.Until} {
		if !t.Before(from) && t.Before(until) {
			openings = append(openings, t)
		}
	}
	if len(c.hours) == 0 {
		return openings
	}
	open := func(t time.Time) bool {
		q := question{Compiled: c, Facts: Facts{Now: t}}
		return isWithinHours(&q) == ReasonAllowed
	}
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

// Open is the first time from t on within the hours. It is t itself if there is none
// within a fortnight.
func (c *Compiled) Open(t time.Time) time.Time {
	q := question{Compiled: c, Facts: Facts{Now: t}}
	if isWithinHours(&q) == ReasonAllowed {
		return t
	}
	for m := t.Truncate(time.Minute).Add(time.Minute); m.Before(t.AddDate(0, 0, 14)); m = m.Add(time.Minute) {
		if q.Now = m; isWithinHours(&q) == ReasonAllowed {
			return m
		}
	}
	return t
}
