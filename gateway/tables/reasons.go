package main

import (
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/policy"
)

// reasonsOfThePage is the table of reasons in docs/contracts.md.
func reasonsOfThePage() string {
	var b strings.Builder
	b.WriteString("\n| reason | means |\n|---|---|\n")
	for _, r := range policy.Reasons() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", r.Reason, r.Means)
	}
	return b.String() + "\n"
}
