package explain_test

import (
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// An answer about who can read has at most a thousand lines, and says when there are
// more. Exactly a thousand are all.
func TestAnAnswerThatIsCutSaysSo(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	batch, documents := w.Sent(t, 1)
	a := w.Taken(t, batch)
	second := w.NewContract(t, gatewaytest.Terms("ZECOND-1", w.Client, w.Provider))
	w.Join(t, second)
	multiply := func(from, to int) {
		t.Helper()
		if _, err := w.Database.Writer().ExecContext(t.Context(), `WITH RECURSIVE n (i) AS (SELECT CAST($1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < CAST($2 AS bigint))
			INSERT INTO assignment (id, batch, contract, person, assigned_by, valid_from, valid_until)
			SELECT a.id || '-' || CAST(n.i AS text), a.batch, a.contract, a.person, a.assigned_by, a.valid_from, a.valid_until
			FROM assignment a, n WHERE a.id = $3`, from, to, string(a.ID)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Database.Writer().ExecContext(t.Context(), `INSERT INTO assignment_document (assignment, document)
			SELECT a.id, CAST($1 AS text) FROM assignment a WHERE NOT EXISTS (SELECT 1 FROM assignment_document d WHERE d.assignment = a.id)`,
			string(documents[0].ID)); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(name string, want int, complete bool) {
		t.Helper()
		questions := map[string]func() (gateway.Readers, error){
			"of the document": func() (gateway.Readers, error) {
				return w.Gateway.Who(t.Context(), w.Officer, gateway.Subject{Document: documents[0].ID})
			},
			"of the contract": func() (gateway.Readers, error) {
				return w.Gateway.Who(t.Context(), w.Officer, gateway.Subject{Contract: w.Contract})
			},
			"of the person": func() (gateway.Readers, error) {
				return w.Gateway.Past(t.Context(), w.Officer, w.Handler.Person, gateway.When{At: w.Clock.Now()})
			},
		}
		for about, question := range questions {
			got, err := question()
			if err != nil || len(got.List) != want || got.Complete != complete {
				t.Errorf("%s, %s: %d readers, complete %v, %v; want %d, complete %v", name, about, len(got.List), got.Complete, err, want, complete)
			}
		}
	}
	multiply(1, 999)
	w.Clock.Advance(time.Minute)
	ask("a thousand", 1000, true)
	multiply(1000, 1000)
	ask("one more", 1000, false)
}
