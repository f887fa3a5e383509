package policy

import "fmt"

// mandatory are the terms without which no version can be approved. Most findings of
// supervisors in registers of outsourcing are empty fields.
var mandatory = []struct{ path, detail string }{
	{"reference", "the parties' reference of the contract"},
	{"title", "a title"},
	{"client", "the client's organisation"},
	{"provider", "the provider's organisation"},
	{"purpose", "the purpose of the processing"},
	{"data-categories", "the categories of personal data"},
	{"validity.from", "the first day of validity"},
	{"validity.zone", "the time zone of dates and hours"},
	{"classes", "the classes of documents"},
	{"sites", "the sites that documents are read from"},
	{"ceilings.documents-per-day", "how many documents a person may read in a day"},
	{"ceilings.bytes-per-day", "how many bytes a person may read in a day"},
	{"retention.gateway-days", "how long the gateway keeps documents"},
	{"retention.provider-copy-days", "how long the provider keeps copies"},
	{"exit", "what happens to documents at the end: return or destroy"},
	{"transfer.mechanism", "the mechanism of transfer to another country, or none"},
	{"sub-processors", "the sub-processors, or [] for none"},
}

// Missing are the mandatory terms that are absent. Terms without them can be proposed,
// but neither approved nor compiled.
func (t *Terms) Missing() []Problem {
	var missing []Problem
	need := func(path, detail string) {
		if _, ok := t.given[path]; !ok {
			missing = append(missing, Problem{Path: path, Detail: "is missing: " + detail})
		}
	}
	for _, m := range mandatory {
		need(m.path, m.detail)
	}
	for _, c := range t.Classes {
		need(c.path()+".max-bytes", "the greatest size of a document of the class")
	}
	return missing
}

// Unenforceable are the terms that this build knows but cannot enforce. They must not be
// approved: an agreed term without effect is worse than none.
func (t *Terms) Unenforceable() []Problem {
	var refused []Problem
	refuse := func(path, detail string) {
		refused = append(refused, Problem{Path: path, Line: t.given[path], Detail: detail})
	}
	for _, c := range t.Classes {
		if c.Delivery != DeliverySupervised {
			refuse(c.path()+".delivery", fmt.Sprintf("%s delivery cannot be enforced yet", c.Delivery))
		}
	}
	if t.Commercials.HardCap {
		refuse("commercials.hard-cap", "a hard cap on the budget cannot be enforced yet")
	}
	return refused
}

// path is the path of the class in the terms. It is also the clause of the class's rules.
func (c ClassTerms) path() string { return "classes." + string(c.Class) }
