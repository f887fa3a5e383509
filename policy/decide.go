package policy

import "time"

// question is one decision in the making: whether one of the roles held may do what the
// facts describe.
type question struct {
	*Compiled
	Facts
	class   *compiledClass // nil for an act on a whole, and for a class that the terms do not have
	role    Role           // that is tried; empty when none is held
	clause  string         // of the rule that casbin named; empty when it named none
	ended   time.Time      // when the contract came to its end; zero while it has not
	winding bool           // the rule is one of the wind-down
	site    *network       // that the address belongs to; nil when it belongs to none
	missing Group          // that the first condition without its facts needs
	duty    Reason         // of a duty's rule and its reach
}

// Decide answers whether the contract allows what the facts describe. Who holds several
// roles acts in the first for which every condition holds; where there is none, the
// denial is that of the first role that has a rule. Every act that is not known is
// denied.
func (c *Compiled) Decide(f Facts) Decision {
	q, reason := c.ask(f, conditions)
	return q.decision(reason)
}

// DecideUncounted is Decide without the ceilings, for questions about a time of which it
// is not known what had been read on the day. No access may be granted on its answer.
func (c *Compiled) DecideUncounted(f Facts) Decision {
	q, reason := c.ask(f, withoutCeilings)
	return q.decision(reason)
}

// ask tries the roles in their order. Facts that are missing end it: another role may not
// make up for a defect.
func (c *Compiled) ask(f Facts, list []condition) (*question, Reason) {
	refused := c.question(f, firstRole(f.Roles))
	reason := refused.answer(list)
	if reason == ReasonAllowed || reason == ReasonFactMissing || len(f.Roles) < 2 {
		return refused, reason
	}
	for _, role := range f.Roles[1:] {
		q := c.question(f, role)
		r := q.answer(list)
		if r == ReasonAllowed || r == ReasonFactMissing {
			return q, r
		}
		if refused.clause == "" && q.clause != "" {
			refused, reason = q, r
		}
	}
	return refused, reason
}

// decision is the question with its answer.
func (q *question) decision(reason Reason) Decision {
	d := Decision{Allowed: reason == ReasonAllowed, Reason: reason, Role: q.role, Clause: q.clause}
	if reason == ReasonFactMissing {
		d.Missing = q.missing
	}
	if q.site != nil {
		d.Site, d.Country = q.site.name, q.site.country
	}
	return d
}

// question finds out what the conditions ask about: the class, the rule and the site.
// Sites are the provider's: where a client's system calls from is none.
func (c *Compiled) question(f Facts, role Role) *question {
	q := &question{Compiled: c, Facts: f, class: c.classes[f.Class], role: role, ended: c.ended(f)}
	q.findRule()
	if f.Organisation == c.provider {
		q.site = locate(c.networks, f.Address)
	}
	return q
}

// ended is when the contract came to the end that its wind-down follows, zero when there
// is none or when it is not known where the contract stands.
func (c *Compiled) ended(f Facts) time.Time {
	expired := time.Time{}
	if !c.validity.Until.IsZero() && !f.Now.Before(c.validity.Until) {
		expired = c.validity.Until
	}
	if f.Contract == nil || f.Contract.Status != StatusTerminated {
		return expired
	}
	if !expired.IsZero() && expired.Before(f.Contract.Terminated) {
		return expired
	}
	return f.Contract.Terminated
}

// findRule asks casbin for the rule that allows the role the act. After the end it is one
// of the wind-down; without such, the clause is that of the rule that ended, to say what
// it was.
func (q *question) findRule() {
	e, class := q.enforcer(q.Facts.Class)
	if e == nil || q.role == "" {
		return
	}
	find := func(p Phase) bool {
		row := e.find(string(q.Organisation), string(q.role), class, string(q.Action), string(p))
		if row != nil {
			q.clause = row[len(row)-1]
		}
		return row != nil
	}
	if !q.ended.IsZero() && find(PhaseWindDown) {
		q.winding = true
		return
	}
	find(PhaseInForce)
}

// enforcer is the one that holds the rules of the class, and the name that the class has
// in them; nil when the terms have no such class.
func (c *Compiled) enforcer(class Class) (*enforcer, string) {
	if class == "" {
		return c.whole, WholeClass
	}
	if k, ok := c.classes[class]; ok {
		return k.enforcer(), string(class)
	}
	return nil, ""
}

// NotInForce is the decision for a contract without a version in force: a denial, for the
// first of the conditions that can be known without terms.
func NotInForce(f Facts) Decision {
	q := &question{Facts: f, role: firstRole(f.Roles)}
	reason := q.answer(withoutTerms)
	if reason == ReasonAllowed {
		reason = ReasonNotInForce
	}
	return q.decision(reason)
}

func firstRole(roles []Role) Role {
	if len(roles) == 0 {
		return ""
	}
	return roles[0]
}
