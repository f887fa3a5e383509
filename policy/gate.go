package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Missing are the mandatory terms that are absent: the keys with something that is
// wanted. Terms without them can be proposed, but neither approved nor compiled. Most
// findings of supervisors in registers of outsourcing are empty fields.
func (t *Terms) Missing() []Problem {
	var missing []Problem
	need := func(path, wanted string) {
		if _, ok := t.given[path]; !ok {
			missing = append(missing, Problem{Path: path, Detail: "is missing: " + wanted})
		}
	}
	ofClass := map[string]string{}
	for _, k := range keys {
		key, below := strings.CutPrefix(k.Path, "classes.NAME.")
		switch {
		case k.Wanted == "":
		case below:
			ofClass[key] = k.Wanted
		default:
			need(k.Path, k.Wanted)
		}
	}
	for _, c := range t.Classes {
		for _, key := range slices.Sorted(maps.Keys(ofClass)) {
			need(c.path()+"."+key, ofClass[key])
		}
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
