package httpapi_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cell is one question of the matrix: a role, an operation and a state.
type cell struct{ operation, role, state string }

// outcome is the expected answer: the status, and the reason in the ledger. For a listing
// it says whether the object is listed; "-" is an answer that leaves no event.
type outcome struct {
	status int
	reason string
}

func (o outcome) allowed() bool { return o.status < 300 }

// matrix is testdata/matrix.txt, which describes its own format.
type matrix struct {
	operations []string
	states     map[string][]string // of each operation
	cells      map[cell]outcome
}

// readMatrix reads the table. A line without a question, and a question without a line,
// fail the test.
func readMatrix(t *testing.T) matrix {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	m := matrix{states: map[string][]string{}, cells: map[cell]outcome{}}
	operation := ""
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] != ' ':
			name, states, _ := strings.Cut(line, ":")
			if operation = name; m.states[name] != nil {
				t.Fatalf("line %d: %s stands there twice", i+1, name)
			}
			m.operations, m.states[name] = append(m.operations, name), strings.Fields(states)
		case m.add(t, operation, strings.Split(line, "|")) == 0:
			t.Errorf("line %d: everything in it is said before, or is not asked: %s", i+1, line)
		}
	}
	for _, operation := range m.operations {
		m.wantWhole(t, operation)
	}
	return m
}

// add adds one line and gives the number of questions that it answers.
func (m *matrix) add(t *testing.T, operation string, columns []string) (added int) {
	t.Helper()
	answer := strings.Fields(columns[0])
	if len(columns) != 3 || len(answer) != 2 {
		t.Fatalf("%s: not `status reason | roles | states`: %q", operation, columns)
	}
	status, err := strconv.Atoi(answer[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range among(t, columns[1], roles) {
		for _, state := range among(t, columns[2], m.states[operation]) {
			at := cell{operation, role, state}
			if _, said := m.cells[at]; !said {
				m.cells[at] = outcome{status, answer[1]}
				added++
			}
		}
	}
	return added
}

// among reads a list of known words; `*` is all of them.
func among(t *testing.T, list string, known []string) []string {
	t.Helper()
	words := strings.Fields(list)
	if slices.Equal(words, []string{"*"}) {
		return known
	}
	for _, w := range words {
		if !slices.Contains(known, w) {
			t.Fatalf("%q is not one of %v", w, known)
		}
	}
	return words
}

func (m *matrix) wantWhole(t *testing.T, operation string) {
	t.Helper()
	for _, role := range roles {
		for _, state := range m.states[operation] {
			if _, ok := m.cells[cell{operation, role, state}]; !ok {
				t.Errorf("no line says what %s gives to %s in state %s", operation, role, state)
			}
		}
	}
}
