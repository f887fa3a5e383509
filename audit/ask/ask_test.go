package ask

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
