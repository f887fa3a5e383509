package main

import (
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/policy"
)

// rolesOfTheAPI is the body of the schema Role.
func rolesOfTheAPI() string {
	var b strings.Builder
	b.WriteString("      description: |\n        A role on a contract, or a duty in an organisation:\n")
	for _, r := range policy.Roles() {
		fmt.Fprintf(&b, "        %s %s;\n", r.Role, r.Means)
	}
	text := strings.TrimSuffix(b.String(), ";\n") + ".\n"
	b.Reset()
	b.WriteString(text + "      enum:\n")
	for _, r := range policy.Roles() {
		fmt.Fprintf(&b, "        - %s\n", r.Role)
	}
	return b.String()
}

// rolesOfThePage is the table of roles in docs/contracts.md.
func rolesOfThePage() string {
	var b strings.Builder
	b.WriteString("\n| role | of a person who | given on a contract to people of | held as a duty in |\n|---|---|---|---|\n")
	for _, r := range policy.Roles() {
		side, kinds := "–", []string{}
		if r.Side != "" {
			side = "the " + string(r.Side)
		}
		for _, k := range r.HeldAt {
			kinds = append(kinds, "the "+string(k))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Role, r.Means, side, orNone(strings.Join(kinds, ", ")))
	}
	return b.String() + "\n"
}

func orNone(text string) string {
	if text == "" {
		return "–"
	}
	return text
}
