package ask

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/schema"
)

// The filters are exactly the columns of the index. A filter without an index would find
// nothing in full blocks.
func TestEveryIndexedColumnIsAFilter(t *testing.T) {
	asked := map[string]bool{}
	for _, f := range filters {
		if schema.FieldOf(f.column) == 0 || asked[f.column] {
			t.Errorf("%s is not indexed, or listed twice", f.column)
		}
		asked[f.column] = true
	}
	for _, c := range schema.Columns {
		if c.Field != 0 && !asked[c.Name] {
			t.Errorf("%s is indexed, and no filter", c.Name)
		}
	}
}

// Package ask reads through an interface that cannot write, and names nothing that
// writes.
func TestAskingCannotWrite(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"sql.DB", "sql.Tx", "sql.Conn", "Exec", "BeginTx", "INSERT ", "UPDATE ", "DELETE ", "sql.Open"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s has %s", file, word)
			}
		}
	}
}
