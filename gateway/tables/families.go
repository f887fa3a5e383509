package main

import (
	"fmt"
	"strings"

	"github.com/bordereau/bordereau/policy"
)

// familiesOfThePage is the table of families in docs/contracts.md.
func familiesOfThePage() string {
	var b strings.Builder
	b.WriteString("\n| family | holds | media types |\n|---|---|---|\n")
	for _, f := range policy.Families() {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", f.Name, f.Holds, strings.Join(f.Types, "`, `"))
	}
	return b.String() + "\n"
}
