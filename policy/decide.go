package policy

// question is one decision in the making.
type question struct {
	*Compiled
	Facts
	class  *compiledClass // nil for an act on a whole, and for a class that the terms do not have
	role   Role           // of the rule that casbin named; the first role held when it named none
	clause string         // of that rule; empty when casbin named none
	site   *network       // that the address belongs to; nil when it belongs to none
}

// Decide answers whether the contract allows what the facts describe. Who holds several roles acts in the first that a
// rule allows. Every act that is not known is denied.
func (c *Compiled) Decide(f Facts) Decision {
	q := c.question(f)
	d := Decision{Role: q.role, Clause: q.clause, Reason: q.answer(conditions)}
	d.Allowed = d.Reason == ReasonAllowed
	if q.site != nil {
		d.Site, d.Country = q.site.name, q.site.country
	}
	return d
}

// question finds out what the conditions ask about: the class, the rule and the site. Sites are the provider's: where a
// client's system calls from is none.
func (c *Compiled) question(f Facts) *question {
	q := &question{Compiled: c, Facts: f, class: c.classes[f.Class]}
	q.role, q.clause = c.rule(f)
	if f.Organisation == c.provider {
		q.site = locate(c.networks, f.Address)
	}
	return q
}

// NotInForce is the decision for a contract without a version in force: a denial, for the first of the conditions that
// can be known without terms.
func NotInForce(f Facts) Decision {
	q := &question{Facts: f}
	d := Decision{Role: firstRole(f.Roles), Reason: q.answer(withoutTerms)}
	if d.Reason == ReasonAllowed {
		d.Reason = ReasonNotInForce
	}
	return d
}

// rule asks casbin for the rule that allows one of the roles the act, and gives the role and the rule's clause; without
// a rule, the first role and no clause.
func (c *Compiled) rule(f Facts) (Role, string) {
	e, class := c.enforcer(f.Class)
	if e == nil {
		return firstRole(f.Roles), ""
	}
	for _, role := range f.Roles {
		if row := e.find(string(f.Organisation), string(role), class, string(f.Action)); row != nil {
			return role, row[len(row)-1]
		}
	}
	return firstRole(f.Roles), ""
}

// enforcer is the one that holds the rules of the class, and the name that the class has in them; nil when the terms
// have no such class.
func (c *Compiled) enforcer(class Class) (*enforcer, string) {
	if class == "" {
		return c.whole, wholeClass
	}
	if k, ok := c.classes[class]; ok {
		return k.enforcer, string(class)
	}
	return nil, ""
}

func firstRole(roles []Role) Role {
	if len(roles) == 0 {
		return ""
	}
	return roles[0]
}
