package policy

import (
	"fmt"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

// contractModel compares every column exactly and does nothing else: no patterns, no functions, no inheritance of roles.
// The action comes first because it differs most often. The clause is not compared: it is what a match is worth.
const contractModel = `
[request_definition]
r = organisation, role, class, action

[policy_definition]
p = organisation, role, class, action, clause

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.action == p.action && r.role == p.role && r.organisation == p.organisation && r.class == p.class
`

// wholeClass stands in a rule for acts on a contract or a batch as a whole. No class can have this name.
const wholeClass = "-"

// rule is one row for casbin: who, as what, with which class, may do what, and by which clause of the terms.
type rule struct {
	organisation OrganisationID
	role         Role
	class        string
	action       Action
	clause       string
}

func (r rule) columns() []string {
	return []string{string(r.organisation), string(r.role), r.class, string(r.action), r.clause}
}

// rulesOf are the rules that terms make, all of them.
func rulesOf(t *Terms) []rule {
	rules := partyRules(t)
	for _, c := range t.Classes {
		rules = append(rules, classRules(t, c)...)
	}
	return rules
}

// partyRules let the parties act on batches as a whole. Their clause is the naming of the party.
func partyRules(t *Terms) []rule {
	client := func(a Action) rule { return rule{t.Client, RoleClientSystem, wholeClass, a, "client"} }
	provider := func(role Role, a Action) rule { return rule{t.Provider, role, wholeClass, a, "provider"} }
	return []rule{
		client(ActionBatchOpen),
		client(ActionBatchRead),
		client(ActionBatchSeal),
		client(ActionDocumentInspect),
		client(ActionReceiptRead),
		provider(RoleProviderManager, ActionBatchRead),
		provider(RoleProviderManager, ActionAssignmentCreate),
		provider(RoleProviderManager, ActionDocumentInspect),
		provider(RoleHandler, ActionBatchRead),
		provider(RoleHandler, ActionAssignmentLease),
		provider(RoleHandler, ActionDocumentInspect),
	}
}

// classRules let the parties act on documents of a class. Only a handler's opens content.
func classRules(t *Terms, c ClassTerms) []rule {
	of := func(o OrganisationID, role Role, a Action) rule { return rule{o, role, string(c.Class), a, c.path()} }
	return []rule{
		of(t.Client, RoleClientSystem, ActionDocumentReceive),
		of(t.Client, RoleClientSystem, ActionDocumentInspect),
		of(t.Client, RoleClientSystem, ActionReceiptRead),
		of(t.Provider, RoleProviderManager, ActionDocumentInspect),
		of(t.Provider, RoleHandler, ActionDocumentInspect),
		of(t.Provider, RoleHandler, ActionDocumentRead),
	}
}

// enforcer is casbin with a few rules that never change, which makes it safe for concurrent use.
type enforcer struct {
	casbin *casbin.Enforcer
}

// newEnforcer gives casbin a model and its rules. No column may be empty: casbin answers a request for empty words with
// yes when it holds no rules.
func newEnforcer(text string, rows [][]string) (*enforcer, error) {
	m, err := model.NewModelFromString(text)
	if err != nil {
		return nil, fmt.Errorf("reading casbin model: %w", err)
	}
	for _, row := range rows {
		if err := m.AddPolicy("p", "p", row); err != nil {
			return nil, fmt.Errorf("adding rule: %w", err)
		}
	}
	c, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("making casbin enforcer: %w", err)
	}
	return &enforcer{c}, nil
}

// find is the rule by which casbin allows the request, nil when it does not. An error denies.
func (e *enforcer) find(request ...any) []string {
	allowed, row, err := e.casbin.EnforceEx(request...)
	if err != nil || !allowed || len(row) == 0 {
		return nil
	}
	return row
}
