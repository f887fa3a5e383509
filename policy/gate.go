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

// Recorded are the given terms that nothing enforces: they are kept and shown as agreed.
// A person who approves them must know which ones these are.
func (t *Terms) Recorded() []Problem {
	var recorded []Problem
	for _, k := range keys {
		line, given := t.given[k.Path]
		if k.Recorded && given && !strings.Contains(k.Path, ".") {
			recorded = append(recorded, Problem{Path: k.Path, Line: line, Detail: "is recorded, and nothing enforces it yet: " + k.Does})
		}
	}
	return recorded
}

// Doubts are warnings of terms that may not say what is meant. They prevent no approval.
func (t *Terms) Doubts() []Problem {
	countries := map[string]bool{}
	for _, s := range t.Sites {
		countries[s.Country] = true
	}
	for _, s := range t.SubProcessors {
		countries[s.Country] = true
	}
	if t.Transfer.Mechanism != "none" || len(countries) < 2 {
		return nil
	}
	const path = "transfer.mechanism"
	return []Problem{{Path: path, Line: t.given[path], Detail: "is none, which says that documents are not read abroad, and the sites and " +
		"sub-processors are in " + strings.Join(slices.Sorted(maps.Keys(countries)), ", ")}}
}

// path is the path of the class in the terms. It is also the clause of the class's rules.
func (c ClassTerms) path() string { return "classes." + string(c.Class) }
