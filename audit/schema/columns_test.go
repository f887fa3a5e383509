package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/bordereau/bordereau/audit/schema"
)

// The filters are exactly the columns of the index. A filter without an index would find
// nothing in full blocks. Each filter has a place of its own in a question, and says what
// its value is.
func TestEveryIndexedColumnIsAFilter(t *testing.T) {
	var nothing schema.Query
	fields := map[schema.Field]bool{}
	for _, c := range schema.Columns {
		if (c.In != nil) != (c.Field != 0) || fields[c.Field] && c.Field != 0 {
			t.Errorf("%s has the number %d: it is indexed and no filter, or the reverse, or the number is another column's", c.Name, c.Field)
		}
		fields[c.Field] = true
		if c.In == nil {
			continue
		}
		q := schema.Query{}
		*c.In(&q) = "x"
		for _, other := range schema.Filters() {
			if got := *other.In(&q); (got == "x") != (other.Name == c.Name) {
				t.Errorf("a question with a %s has the %s %q", c.Name, other.Name, got)
			}
		}
		if q == nothing || c.Finds == "" {
			t.Errorf("%s is not described", c.Name)
		}
		kinds := 0
		for _, set := range []bool{c.ID != "", c.Words != nil, c.Longest != 0} {
			if set {
				kinds++
			}
		}
		if kinds != 1 {
			t.Errorf("the value of %s is of %d kinds", c.Name, kinds)
		}
	}
}

// A recorded question has each filter under the column's name with a capital. Packs are
// verified by these names.
func TestAQuestionHasItsFiltersByName(t *testing.T) {
	for _, c := range schema.Filters() {
		q := schema.Query{}
		*c.In(&q) = "x"
		text, err := json.Marshal(q)
		var members map[string]any
		if err == nil {
			err = json.Unmarshal(text, &members)
		}
		if name := string(c.Name[0]-'a'+'A') + c.Name[1:]; err != nil || members[name] != "x" {
			t.Errorf("%s is not %s in %s: %v", c.Name, name, text, err)
		}
	}
}
