package policy

import (
	"fmt"
	"slices"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

// contractModel compares every column exactly and does nothing else: no patterns, no
// functions, no inheritance of roles. The action comes first because it differs most
// often. The clause is not compared: it is the result of a match.
const contractModel = `
[request_definition]
r = organisation, role, class, action, phase

[policy_definition]
p = organisation, role, class, action, phase, clause

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.action == p.action && r.phase == p.phase && r.role == p.role && r.organisation == p.organisation && r.class == p.class
`

// WholeClass stands in a rule for acts on a contract or a batch as a whole. No class can
// have this name.
const WholeClass = "-"

// Phase is the part of a contract's life in which a rule holds.
type Phase string

// The phases of a contract.
const (
	PhaseInForce  Phase = "in-force"
	PhaseWindDown Phase = "wind-down" // after its end
)

// Rule is one row for casbin: organisation, role, class, action, phase, and the clause of
// the terms.
type Rule struct {
	Organisation OrganisationID
	Role         Role
	Class        string // "-" for acts on a contract or a batch as a whole
	Action       Action
	Phase        Phase
	Clause       string
}

func (r Rule) columns() []string {
	return []string{string(r.Organisation), string(r.Role), r.Class, string(r.Action), string(r.Phase), r.Clause}
}

// Rules are all rules of the terms: those in force, and those that the wind-down keeps.
func Rules(t *Terms) []Rule {
	rules := partyRules(t)
	for _, c := range t.Classes {
		rules = append(rules, classRules(t, c)...)
	}
	return append(rules, windDownRules(t, rules)...)
}

// windDownRules keep some of the rules after the end. They are made from the rules in
// force, so that the wind-down cannot open anything that the contract did not.
func windDownRules(t *Terms, inForce []Rule) []Rule {
	var kept []Rule
	for _, w := range t.WindDown {
		for _, r := range inForce {
			if r.Role == w.Role && slices.Contains(w.May, r.Action) {
				r.Phase, r.Clause = PhaseWindDown, "wind-down."+string(w.Role)
				kept = append(kept, r)
			}
		}
	}
	return kept
}

// partyRules let the parties act on batches as a whole. Their clause is the term that
// names the party.
func partyRules(t *Terms) []Rule {
	client := func(a Action) Rule { return Rule{t.Client, RoleClientSystem, WholeClass, a, PhaseInForce, "client"} }
	provider := func(role Role, a Action) Rule { return Rule{t.Provider, role, WholeClass, a, PhaseInForce, "provider"} }
	return []Rule{
		client(ActionBatchOpen),
		client(ActionBatchRead),
		client(ActionBatchSeal),
		client(ActionBatchWithdraw),
		{t.Client, RoleContractManager, WholeClass, ActionBatchWithdraw, PhaseInForce, "client"},
		provider(RoleProviderManager, ActionBatchRead),
		client(ActionReceiptList),
		provider(RoleProviderManager, ActionAssignmentCreate),
		provider(RoleProviderManager, ActionAssignmentInspect),
		provider(RoleProviderManager, ActionAssignmentRevoke),
		provider(RoleHandler, ActionBatchRead),
		provider(RoleHandler, ActionAssignmentLease),
		provider(RoleHandler, ActionAssignmentRelease),
	}
}

// classRules let the parties act on documents of a class. Only a handler's rule opens
// content.
func classRules(t *Terms, c ClassTerms) []Rule {
	of := func(o OrganisationID, role Role, a Action) Rule {
		return Rule{o, role, string(c.Class), a, PhaseInForce, c.path()}
	}
	return []Rule{
		of(t.Client, RoleClientSystem, ActionDocumentReceive),
		of(t.Client, RoleClientSystem, ActionDocumentWithdraw),
		of(t.Client, RoleContractManager, ActionDocumentWithdraw),
		of(t.Client, RoleClientSystem, ActionDocumentInspect),
		of(t.Client, RoleClientSystem, ActionReceiptRead),
		of(t.Provider, RoleProviderManager, ActionDocumentInspect),
		of(t.Provider, RoleHandler, ActionDocumentInspect),
		of(t.Provider, RoleHandler, ActionDocumentRead),
	}
}

// enforcer is casbin with a few rules that never change, which makes it safe for
// concurrent use.
type enforcer struct {
	casbin *casbin.Enforcer
}

// newEnforcer gives casbin a model and its rules. No column may be empty: without rules,
// casbin allows a request of empty words.
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

// find gives the rule by which casbin allows the request, nil when it does not. An error
// denies.
func (e *enforcer) find(request ...any) []string {
	allowed, row, err := e.casbin.EnforceEx(request...)
	if err != nil || !allowed || len(row) == 0 {
		return nil
	}
	return row
}
