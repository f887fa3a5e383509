package policy_test

import (
	"slices"
	"testing"

	"github.com/bordereau/bordereau/policy"
)

// Every column is compared, and exactly: no pattern in a rule or in a request, no joining
// of columns, no other case.
func TestMatcherIsExact(t *testing.T) {
	row := []string{"o_a", "handler", "scan", "document.read", "in-force", "classes.scan"}
	request := row[:5]
	for _, rows := range [][][]string{{row}, {{"o_b", "handler", "scan", "document.read", "in-force", "other"}, row}} {
		if got := find(t, rows, request); !slices.Equal(got, row) {
			t.Errorf("%v, want %v", got, row)
		}
	}
	for i, word := range request {
		for _, other := range []string{"", "*", ".*", word + " ", word + "$$", word[:len(word)-1], word + "," + word, "-", "true", "1"} {
			changed := slices.Clone(request)
			changed[i] = other
			if got := find(t, [][]string{row}, changed); got != nil {
				t.Errorf("asked %v: %v", changed, got)
			}
			pattern := slices.Clone(row)
			pattern[i] = other
			if got := find(t, [][]string{pattern}, request); got != nil {
				t.Errorf("rule %v: %v", pattern, got)
			}
		}
	}
}

// Without rules nothing is allowed, not even the request for nothing.
func TestNoRules(t *testing.T) {
	for _, request := range [][]string{{"", "", "", "", ""}, {"o_a", "handler", "scan", "document.read", "in-force"}} {
		if got := find(t, nil, request); got != nil {
			t.Errorf("asked %v: %v", request, got)
		}
	}
}

func find(t *testing.T, rows [][]string, request []string) []string {
	t.Helper()
	row, err := policy.Find(rows, request[0], request[1], request[2], request[3], request[4])
	if err != nil {
		t.Fatal(err)
	}
	return row
}
