package httpapi_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

// onTwo runs a test against two replicas on each database.
func onTwo(t *testing.T, objects func(*testing.T) gateway.Objects, f func(t *testing.T, here, there *service)) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		c := gatewaytest.Config{Database: db}
		if objects != nil {
			c.Objects = objects(t)
		}
		here := serveHouse(t, gatewaytest.New(t, c))
		f(t, here, here.replica(t))
	})
}

// change makes a request that must succeed.
func (s *service) change(t *testing.T, who gateway.Caller, path, body string, h header) {
	t.Helper()
	if a := s.call(t, who, http.MethodPost, path, body, h); a.StatusCode >= 300 {
		t.Fatalf("%s: %d %s", path, a.StatusCode, a.body)
	}
}

// amend puts other terms in force: at once, or after a while.
func (s *service) amend(t *testing.T, old, new, effective string) {
	t.Helper()
	path, text := "/v1/contracts/"+string(s.Contract), string(gatewaytest.Terms("MOTOR-1", s.Client, s.Provider))
	s.change(t, s.Manager, path+"/amendments"+effective, strings.Replace(text, old, new, 1), header{"Content-Type": "application/yaml"})
	s.change(t, s.Approver, path+"/approvals", `{"version":2}`, nil)
}

// A change through one replica holds at the next request on every other, and so does the
// calendar.
func TestEveryReplicaDecidesAfresh(t *testing.T) {
	needs.Parallel(t)
	ends := map[string]struct {
		end    func(t *testing.T, s *service, d gateway.DocumentID)
		status int
		reason policy.Reason
	}{
		"suspension": {func(t *testing.T, s *service, _ gateway.DocumentID) {
			s.change(t, s.Manager, "/v1/contracts/"+string(s.Contract)+"/suspension", `{"reason":"incident"}`, nil)
		}, http.StatusForbidden, policy.ReasonContractSuspended},
		"termination": {func(t *testing.T, s *service, _ gateway.DocumentID) {
			s.change(t, s.Manager, "/v1/contracts/"+string(s.Contract)+"/termination", `{"reason":"end"}`, nil)
		}, http.StatusForbidden, policy.ReasonContractTerminated},
		"amendment": {func(t *testing.T, s *service, _ gateway.DocumentID) {
			s.amend(t, "  anything:", "  other:", "")
		}, http.StatusUnprocessableEntity, policy.ReasonUnknownClass},
		"amendment at its date": {func(t *testing.T, s *service, d gateway.DocumentID) {
			s.amend(t, "192.0.2.0/24", "198.51.100.0/24", "?effective="+s.Clock.Now().Add(time.Hour).Format(time.RFC3339))
			s.Clock.Advance(time.Hour - time.Second)
			s.wantContent(t, d, http.StatusOK, "") // not yet
			s.Clock.Advance(time.Second)
		}, http.StatusForbidden, policy.ReasonSite},
		"expiry": {func(_ *testing.T, s *service, _ gateway.DocumentID) {
			s.Clock.Advance(2 * 366 * 24 * time.Hour)
		}, http.StatusForbidden, policy.ReasonContractExpired},
		"end of the lease": {func(_ *testing.T, s *service, _ gateway.DocumentID) {
			s.Clock.Advance(8 * time.Hour)
		}, http.StatusForbidden, policy.ReasonLeaseExpired},
		"leaver": {func(t *testing.T, s *service, _ gateway.DocumentID) {
			s.change(t, s.Operator, "/v1/members/"+string(s.Handler.Person)+"/departure", "", nil)
		}, http.StatusNotFound, ""},
	}
	for name, row := range ends {
		t.Run(name, func(t *testing.T) {
			onTwo(t, nil, func(t *testing.T, here, there *service) {
				batch, documents := here.Sent(t, 1)
				here.Taken(t, batch)
				d := documents[0].ID
				here.wantContent(t, d, http.StatusOK, "")
				there.wantContent(t, d, http.StatusOK, "")
				row.end(t, here, d)
				there.wantContent(t, d, row.status, row.reason)
				here.wantContent(t, d, row.status, row.reason)
			})
		})
	}
}

// wantContent asks for the document as its handler.
func (s *service) wantContent(t *testing.T, d gateway.DocumentID, status int, reason policy.Reason) {
	t.Helper()
	a := s.call(t, s.Handler, http.MethodGet, "/v1/documents/"+string(d)+"/content", "", nil)
	if a.StatusCode != status || !bytes.Contains(a.body, []byte(reason)) {
		t.Errorf("got %d %.200s, want %d %s", a.StatusCode, a.body, status, reason)
	}
}

// A download runs through one replica while the contract is suspended through another. It
// is cut, and the ledger has the reason and how many bytes left.
func TestAnotherReplicaCutsADownload(t *testing.T) {
	const size = 8 << 20
	var store *tampering
	objects := func(t *testing.T) gateway.Objects { store = newTampering(t); return store }
	onTwo(t, objects, func(t *testing.T, here, there *service) {
		batch := here.Open(t, "lot-1")
		d, _ := here.Upload(t, batch, "claim-1", gatewaytest.Content("claim-1", size))
		here.Seal(t, batch, []gateway.Document{d})
		here.Taken(t, batch)

		suspended := make(chan struct{})
		store.pause(5<<20, suspended)
		response, err := http.DefaultClient.Do(there.content(t, d))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.CopyN(io.Discard, response.Body, 1<<20); err != nil {
			t.Fatal(err)
		}
		here.change(t, here.Officer, "/v1/contracts/"+string(here.Contract)+"/suspension", `{"reason":"incident"}`, nil)
		here.Clock.Advance(time.Minute)
		close(suspended)
		if rest, err := io.ReadAll(response.Body); err != io.ErrUnexpectedEOF {
			t.Errorf("got %d bytes more to %v, want a broken connection", len(rest), err)
		}
		events, _, err := here.Gateway.AuditEvents(t.Context(), here.Officer, string(here.Client), gateway.EventQuery{Document: string(d.ID), Action: "document.read"})
		if err != nil || len(events) != 2 || events[0].Phase != event.PhaseAborted || events[0].Reason != string(policy.ReasonContractSuspended) ||
			events[0].Bytes < 1<<20 || events[0].Bytes >= size || events[0].Grant != events[1].ID {
			t.Errorf("the ledger says %+v, %v", events, err)
		}
	})
}

// Of fifty documents that are asked for at once on two replicas, a ceiling of ten allows
// ten.
func TestCeilingsHoldOnAllReplicas(t *testing.T) {
	const asked, ceiling = 50, 10
	onTwo(t, nil, func(t *testing.T, here, there *service) {
		here.amend(t, "documents-per-day: 100", "documents-per-day: 10", "")
		batch, documents := here.Sent(t, asked)
		here.Taken(t, batch)
		requests := make([]*http.Request, asked)
		for i := range requests {
			requests[i] = []*service{here, there}[i%2].content(t, documents[i])
		}
		statuses := make(chan int, asked)
		var wait sync.WaitGroup
		for _, r := range requests {
			wait.Go(func() {
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				defer response.Body.Close()
				text, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != http.StatusOK && !bytes.Contains(text, []byte(policy.ReasonCeilingDocuments)) {
					t.Errorf("%d %.200s, %v", response.StatusCode, text, err)
				}
				statuses <- response.StatusCode
			})
		}
		wait.Wait()
		close(statuses)
		got := map[int]int{}
		for status := range statuses {
			got[status]++
		}
		if got[http.StatusOK] != ceiling || got[http.StatusForbidden] != asked-ceiling {
			t.Errorf("of %d requests %v were answered, the ceiling is %d", asked, got, ceiling)
		}
		events := into[api.EventPage](t, here.call(t, here.Officer, http.MethodGet, "/v1/audit/events?limit=500&action=document.read&ledger="+string(here.Client), "", nil), http.StatusOK)
		recorded := map[string]int{}
		for _, e := range events.Items {
			recorded[string(e.Phase)+" "+string(e.Outcome)]++
		}
		if recorded["grant allow"] != ceiling || recorded["completed allow"] != ceiling {
			t.Errorf("the ledger says %v", recorded)
		}
	})
}
