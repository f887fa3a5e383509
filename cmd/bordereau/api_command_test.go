package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/api"
)

// A listing has all of its pages: one table for people, one line for each page for
// machines.
func TestAllPages(t *testing.T) {
	first, second := api.After("1"), api.After("2")
	pages := map[api.After]struct {
		items []string
		next  *string
		text  string
	}{"": {[]string{"a", "b"}, &first, `{"p":1}`}, "1": {nil, &second, `{"p":2}`}, "2": {[]string{"c"}, nil, `{"p":3}`}}
	for asJSON, want := range map[bool]string{false: "", true: "{\"p\":1}\n{\"p\":2}\n{\"p\":3}\n"} {
		var out strings.Builder
		items, err := allPages(screen{&out, asJSON}, func(after *api.After, _ *api.Limit) ([]string, *string, []byte, error) {
			p := pages[value(after)]
			return p.items, p.next, []byte(p.text), nil
		})
		if diff := cmp.Diff([]string{"a", "b", "c"}, items); diff != "" || err != nil || out.String() != want {
			t.Errorf("json %v: printed %q, %v\n%s", asJSON, out.String(), err, diff)
		}
	}
}
