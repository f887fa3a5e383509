package policy

import "time"

// question is one decision in the making: whether one of the person's roles may do the
// act.
type question struct {
	*Compiled
	Facts
	class   *compiledClass // nil for an act on a whole, and for a class that the terms do not have
	role    Role           // the role under test; empty when the person has none
	clause  string         // of casbin's rule; empty when there is none
	ended   time.Time      // when the contract came to its end; zero while it has not
	winding bool           // the rule is one of the wind-down
	site    *network       // the site of the address; nil when there is none
	missing Group          // the group that was needed and not read
	duty    Reason         // the outcome of a duty's rule and its reach
}

// Decide decides whether the contract allows the act. A person with several roles acts in
// the first role for which every condition holds. If there is none, the denial is that of
// the first role that has a rule. Every unknown act is denied.
func (c *Compiled) Decide(f Facts) Decision {
	q, reason := c.ask(f, conditions)
	return q.decision(reason)
}

// DecideUncounted is Decide without the ceilings, for questions about a past time whose
// count of reads is unknown. It must never grant an access.
func (c *Compiled) DecideUncounted(f Facts) Decision {
	q, reason := c.ask(f, withoutCeilings)
	return q.decision(reason)
}

// ask tries the roles in their order. Missing facts end it: another role must not hide a
// defect.
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

// question finds the class, the rule and the site that the conditions need. Sites are the
// provider's: a client's system has none.
func (c *Compiled) question(f Facts, role Role) *question {
	q := &question{Compiled: c, Facts: f, class: c.classes[f.Class], role: role, ended: c.ended(f)}
	q.findRule()
	if f.Organisation == c.terms.Provider {
		q.site = locate(c.networks, f.Address)
	}
	return q
}

// ended is the end of the contract that its wind-down follows. It is zero when there is
// none or when the contract's status is unknown.
func (c *Compiled) ended(f Facts) time.Time {
	expired := time.Time{}
	if !c.terms.Validity.Until.IsZero() && !f.Now.Before(c.terms.Validity.Until) {
		expired = c.terms.Validity.Until
	}
	if f.Contract == nil || f.Contract.Status != StatusTerminated {
		return expired
	}
	if !expired.IsZero() && expired.Before(f.Contract.Terminated) {
		return expired
	}
	return f.Contract.Terminated
}

// findRule asks casbin for the rule that allows the role the act. After the end that is a
// rule of the wind-down. Without such a rule the clause is that of the rule that ended,
// for the answer.
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

// enforcer gives the enforcer with the rules of the class, and the name of the class in
// them. It is nil when the terms have no such class.
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
// first condition that can be known without terms.
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
