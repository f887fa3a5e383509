package httpapi_test

import (
	"bytes"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// Another process holds the sequencer's row, and more events wait than the queue takes:
// requests are answered with 503 at once. When the sequencer goes on, requests succeed
// again, and no waiting event is lost.
func TestAFullQueueIsA503(t *testing.T) {
	s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Database: databasetest.PostgreSQL(t)}))
	ask := func() answer {
		return s.call(t, s.Officer, http.MethodGet, "/v1/audit/events?ledger="+string(s.Client), "", nil)
	}
	if got := ask(); got.StatusCode != http.StatusOK {
		t.Fatalf("before: %d %s", got.StatusCode, got.body)
	}
	holder, err := s.Database.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Rollback()
	if _, err := holder.ExecContext(t.Context(), `UPDATE audit_sequencer SET round = round`); err != nil {
		t.Fatal(err)
	}
	var waiting sync.WaitGroup
	refused := make(chan struct{})
	var once sync.Once
	for range 10_000 { // more than the queue takes
		waiting.Go(func() {
			_, err := s.Ledger.Append(t.Context(), string(s.Client), event.Event{Phase: event.PhaseState, Action: "audit.query", Outcome: event.OutcomeAllow})
			if errors.Is(err, audit.ErrUnavailable) {
				once.Do(func() { close(refused) })
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	<-refused
	begin := time.Now()
	got := ask()
	if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || !bytes.Contains(got.body, []byte(api.ProblemPrefix+"unavailable")) {
		t.Errorf("while the queue is full: %d %s", got.StatusCode, got.body)
	}
	if err := holder.Rollback(); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
	if got := ask(); got.StatusCode != http.StatusOK {
		t.Errorf("afterwards, after %s: %d %s", time.Since(begin), got.StatusCode, got.body)
	}
}
