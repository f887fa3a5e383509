package policy

import (
	"cmp"
	"maps"
	"slices"
)

// Rows are the rules that terms make, as casbin gets them.
func Rows(t *Terms) [][]string {
	var rows [][]string
	for _, r := range Rules(t) {
		rows = append(rows, r.columns())
	}
	return rows
}

// DutyRows are the rules of the duties.
func DutyRows() [][]string { return dutyRows() }

// DutiesWithout are the duties with the i-th of their rules taken out.
func DutiesWithout(i int) (*Duties, error) { return newDuties(slices.Delete(dutyRows(), i, i+1)) }

// Conditions is how many conditions a decision has.
func Conditions() int { return len(conditions) }

// ReasonWithout is the reason of the decision with the i-th condition taken out.
func (c *Compiled) ReasonWithout(f Facts, i int) Reason {
	_, reason := c.ask(f, slices.Delete(slices.Clone(conditions), i, i+1))
	return reason
}

// Need is a group of facts that a condition of an act needs.
type Need struct {
	Action    Action
	Condition string
	Group     Group
}

// ContractNeeds are all groups that the conditions of the acts under a contract need.
func ContractNeeds(t *Terms) []Need {
	seen := map[Need]bool{}
	for _, r := range Rules(t) {
		add(seen, r.Action, conditions)
	}
	return sorted(seen)
}

// DutyNeeds are all groups that the conditions of the duties, and their reaches, need.
func DutyNeeds() []Need {
	seen := map[Need]bool{}
	for _, row := range dutyRows() {
		add(seen, Action(row[1]), dutyConditions)
		add(seen, Action(row[1]), []condition{reaches[row[2]]})
	}
	return sorted(seen)
}

func add(to map[Need]bool, a Action, list []condition) {
	for _, c := range list {
		for _, g := range c.needs {
			if c.applies(a) {
				to[Need{a, c.name, g}] = true
			}
		}
	}
}

func sorted(needs map[Need]bool) []Need {
	return slices.SortedFunc(maps.Keys(needs), func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.Condition, b.Condition), cmp.Compare(a.Group, b.Group))
	})
}

// Has says whether the group was read.
func (f *Facts) Has(g Group) bool { return f.has(g) }

// DecideWith is Decide with one more condition, on an act, that needs a group and holds
// whatever the group says.
func (c *Compiled) DecideWith(f Facts, on Action, needs Group) Decision {
	q, reason := c.ask(f, append(slices.Clone(conditions), condition{name: "new", on: []Action{on}, needs: []Group{needs},
		check: func(*question) Reason { return ReasonAllowed }}))
	return q.decision(reason)
}

// Find is the rule of the rows by which casbin, with the model of contracts, allows the
// request.
func Find(rows [][]string, organisation, role, class, action, phase string) ([]string, error) {
	e, err := newEnforcer(contractModel, rows)
	if err != nil {
		return nil, err
	}
	return e.find(organisation, role, class, action, phase), nil
}
