package policy

import "slices"

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

// Find is the rule of the rows by which casbin, with the model of contracts, allows the request.
func Find(rows [][]string, organisation, role, class, action, phase string) ([]string, error) {
	e, err := newEnforcer(contractModel, rows)
	if err != nil {
		return nil, err
	}
	return e.find(organisation, role, class, action, phase), nil
}
