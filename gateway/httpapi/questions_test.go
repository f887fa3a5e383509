package httpapi_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// ledgerOf is a client's ledger with receptions of documents and one read.
func ledgerOf(t *testing.T, s *service) (query string, document string) {
	t.Helper()
	batch, documents := s.Sent(t, 3)
	s.Taken(t, batch)
	if _, err := s.Read(t, s.Handler, documents[0].ID); err != nil {
		t.Fatal(err)
	}
	return "?ledger=" + string(s.Client), string(documents[0].ID)
}

func TestNamedQuestions(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Database: db}))
		ledger, document := ledgerOf(t, s)

		list := into[api.QuestionList](t, s.call(t, s.Officer, http.MethodGet, "/v1/audit/questions", "", nil), http.StatusOK)
		if len(list.Items) < 9 {
			t.Errorf("%d questions", len(list.Items))
		}
		for _, q := range list.Items { // every one can be asked
			path := "/v1/audit/questions/" + q.Name + ledger + "&document=" + document + "&actor=" + string(s.Handler.Person)
			into[api.QuestionAnswer](t, s.call(t, s.Officer, http.MethodGet, path, "", nil), http.StatusOK)
		}

		who := into[api.QuestionAnswer](t, s.call(t, s.Officer, http.MethodGet, "/v1/audit/questions/who-read"+ledger+"&document="+document, "", nil), http.StatusOK)
		if len(who.Events) != 2 || who.Events[0].Phase != "completed" || who.Events[1].Phase != "grant" || who.Names[string(s.Handler.Person)] != "Hana Handler" {
			t.Errorf("who read it: %+v", who)
		}
		most := into[api.QuestionAnswer](t, s.call(t, s.Officer, http.MethodGet, "/v1/audit/questions/most-read"+ledger, "", nil), http.StatusOK)
		if len(most.Groups) != 1 || most.Groups[0].Key != document || most.Groups[0].Bytes != 10_000 || most.From == nil {
			t.Errorf("what was read most: %+v", most)
		}
		n := into[api.EventCount](t, s.call(t, s.Officer, http.MethodGet, "/v1/audit/count"+ledger+"&action=document.receive", "", nil), http.StatusOK)
		if n.Count != 6 || n.More { // granted and completed, three times
			t.Errorf("counted %+v", n)
		}
		country := into[api.EventPage](t, s.call(t, s.Officer, http.MethodGet, "/v1/audit/events"+ledger+"&country=TN&role=handler&site=tunis", "", nil), http.StatusOK)
		if len(country.Items) == 0 {
			t.Error("nothing from TN")
		}
		for _, e := range country.Items {
			if e.Country != "TN" || e.Role != "handler" {
				t.Errorf("%s from %q as %q", e.Action, e.Country, e.Role)
			}
		}
	})
}

func TestBadQuestions(t *testing.T) {
	s := serve(t)
	ledger := "?ledger=" + string(s.Client)
	for name, path := range map[string]string{
		"no ledger":           "/v1/audit/questions/denials",
		"unknown question":    "/v1/audit/questions/who-knows" + ledger,
		"nothing to read":     "/v1/audit/questions/who-read" + ledger,
		"another's parameter": "/v1/audit/questions/most-read" + ledger + "&hours=08:00-18:00",
		"which":               "/v1/audit/questions/denials" + ledger + "&which=last",
		"hours":               "/v1/audit/questions/outside-hours-or-country" + ledger + "&hours=8-18",
		"misspelt filter":     "/v1/audit/count" + ledger + "&acter=" + string(s.Officer.Person),
		"no person":           "/v1/audit/count" + ledger + "&actor=Hana",
		"long text":           "/v1/audit/export" + ledger + "&reason=" + strings.Repeat("a", 20_000),
		"format":              "/v1/audit/export" + ledger + "&format=xlsx",
		"a limit":             "/v1/audit/export" + ledger + "&limit=5",
	} {
		if a := s.call(t, s.Officer, http.MethodGet, path, "", nil); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	for _, path := range []string{"/v1/audit/export", "/v1/audit/count", "/v1/audit/questions/denials"} {
		wantProblem(t, s.call(t, s.Stranger, http.MethodGet, path+ledger, "", nil), http.StatusNotFound, "not-found")
	}
}

// An export has all events that match. The ledger has the export's own event before it
// begins.
func TestExport(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Database: db}))
		ledger, _ := ledgerOf(t, s)
		a := s.call(t, s.Officer, http.MethodGet, "/v1/audit/export"+ledger, "", nil)
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/x-ndjson" {
			t.Fatalf("%d %v", a.StatusCode, a.Header)
		}
		next := int64(-1)
		for lines := bufio.NewScanner(strings.NewReader(string(a.body))); lines.Scan(); next-- {
			var e api.Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			if next == -1 {
				next = e.Seq
				if e.Action != "audit.export" {
					t.Errorf("the newest is %s", e.Action)
				}
			}
			if e.Seq != next {
				t.Fatalf("event %d where %d should be", e.Seq, next)
			}
		}
		if next != -1 {
			t.Errorf("the export ends before event %d", next)
		}
		a = s.call(t, s.Officer, http.MethodGet, "/v1/audit/export"+ledger+"&format=csv&action=document.read", "", nil)
		table, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
		if err != nil || len(table) != 3 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") {
			t.Errorf("%d lines, %v, %s", len(table), err, a.Header.Get("Content-Type"))
		}
	})
}

// When a page cannot be read, or was changed, the connection breaks: no client takes a
// part for the whole.
func TestABrokenExportDoesNotEndCleanly(t *testing.T) {
	s := serve(t)
	for i := range 260 { // more than one page, with what comes from the batches themselves
		if _, _, err := s.Gateway.OpenBatch(t.Context(), s.System, s.Contract, "lot-"+string(rune('a'+i/26))+string(rune('a'+i%26))); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Gateway.Contracts(t.Context(), s.Manager, gateway.Page{Limit: 1}); err != nil {
			t.Fatal(err)
		}
	}
	databasetest.DropTriggers(t, s.Database)
	if _, err := s.Database.Writer().ExecContext(t.Context(), `UPDATE audit_event SET leaf = $1 WHERE ledger = $2 AND seq = 5`,
		[]byte("{}"), string(s.Client)); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(s.request(t, s.Officer, http.MethodGet, "/v1/audit/export?ledger="+string(s.Client), "", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK || err == nil {
		t.Errorf("%d, %d bytes, ended cleanly", response.StatusCode, len(got))
	}
}
