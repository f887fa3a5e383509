package demo

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// count puts a number before a word.
func count(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// totals tells control totals in the order of their names.
func totals(t map[string]int64) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(&b, ", %s %d", name, t[name])
	}
	return b.String()
}
