package httpapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

// asking are the operations that ask a ledger, by their names, with how many events an
// answer has.
var asking = map[string]func(t *testing.T, a answer) int{
	"listEvents": func(t *testing.T, a answer) int { return len(into[api.EventPage](t, a, http.StatusOK).Items) },
	"countEvents": func(t *testing.T, a answer) int {
		return int(into[api.EventCount](t, a, http.StatusOK).Count)
	},
	"exportEvents": func(t *testing.T, a answer) int {
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		return bytes.Count(a.body, []byte("\n"))
	},
	"askQuestion": func(t *testing.T, a answer) int { return len(into[api.QuestionAnswer](t, a, http.StatusOK).Events) },
}

// queryOf are the query parameters that an operation of the OpenAPI document takes, by
// their names.
func queryOf(t *testing.T, operation string) map[string]*v3.Parameter {
	t.Helper()
	for _, item := range specification(t).Model.Paths.PathItems.FromOldest() {
		for _, o := range item.GetOperations().FromOldest() {
			if o.OperationId == operation {
				query := map[string]*v3.Parameter{}
				for _, p := range o.Parameters {
					if p.In == "query" {
						query[p.Name] = p
					}
				}
				return query
			}
		}
	}
	t.Fatalf("no operation %s", operation)
	return nil
}

// Every operation that asks a ledger takes every filter, and every filter narrows what it
// answers. The filters come from the OpenAPI document: one that an operation accepts and
// then drops makes this red.
func TestEveryFilterNarrowsEveryQuestion(t *testing.T) {
	needs.NoRace(t, "one client, one question after the other")
	for operation, r := range routes(t) {
		if _, known := asking[operation]; !known && queryOf(t, operation)["ledger"] != nil {
			t.Errorf("%s asks a ledger, at %s: add it to asking", operation, r.path)
		}
	}
	filters := queryOf(t, "listEvents")
	for _, other := range []string{"ledger", "after", "limit"} {
		delete(filters, other)
	}
	if len(filters) < 16 {
		t.Fatalf("the document has %d filters", len(filters))
	}

	s := serve(t)
	_, document := ledgerOf(t, s)
	base := map[string]string{"ledger": string(s.Client), "contract": string(s.Contract), "action": "document.read"}
	ask := func(operation, filter, value string) int {
		query := url.Values{}
		for name, value := range base {
			query.Set(name, value)
		}
		if filter != "" {
			query.Set(filter, value)
		}
		path := strings.ReplaceAll(routes(t)[operation].path, "{question}", "who-read")
		a := s.call(t, s.Officer, http.MethodGet, path+"?"+query.Encode(), "", nil)
		return asking[operation](t, a)
	}
	grant := readGrant(t, s, document)
	for operation := range asking {
		takes := queryOf(t, operation)
		if n := ask(operation, "", ""); n != 2 { // granted and completed
			t.Fatalf("%s: %d events of one read", operation, n)
		}
		for _, name := range slices.Sorted(maps.Keys(filters)) {
			if takes[name] == nil {
				t.Errorf("%s takes no %s", operation, name)
				continue
			}
			same, other := valuesOf(t, grant, name)
			if n := ask(operation, name, same); n == 0 {
				t.Errorf("%s: no event with %s=%s, which the read has", operation, name, same)
			}
			if n := ask(operation, name, other); n != 0 {
				t.Errorf("%s: %d events with %s=%s, which none has", operation, n, name, other)
			}
		}
	}
}

// A value that no event can have is refused. It does not find nothing.
func TestAFilterThatNoEventCanHaveIsRefused(t *testing.T) {
	s := serve(t)
	for _, filter := range gateway.EventFilters() {
		value := "d-1" // no identifier of any kind
		if filter.Longest > 0 {
			value = strings.Repeat("x", filter.Longest+1)
		}
		for operation := range asking {
			path := strings.ReplaceAll(routes(t)[operation].path, "{question}", "who-read")
			query := url.Values{"ledger": {string(s.Client)}, "contract": {string(s.Contract)}, filter.Name: {value}}
			a := s.call(t, s.Officer, http.MethodGet, path+"?"+query.Encode(), "", nil)
			if a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusBadRequest || !strings.Contains(string(a.body), `"`+filter.Name+`"`) {
				t.Errorf("%s with %s=%s: %d %s", operation, filter.Name, value, a.StatusCode, a.body)
			}
		}
	}
}

// readGrant is the event that granted the reading of a document, as the API shows it.
func readGrant(t *testing.T, s *service, document string) map[string]any {
	t.Helper()
	a := s.call(t, s.Officer, http.MethodGet, "/v1/audit/events?ledger="+string(s.Client)+"&action=document.read&document="+document, "", nil)
	var page struct{ Items []map[string]any }
	if err := json.Unmarshal(a.body, &page); err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Items {
		if e["phase"] == "grant" {
			return e
		}
	}
	t.Fatalf("no grant in %s", a.body)
	return nil
}

// valuesOf are a value of a filter that an event meets, and one that no event meets.
func valuesOf(t *testing.T, event map[string]any, filter string) (same, other string) {
	t.Helper()
	if filter == "from" || filter == "to" {
		at, err := time.Parse(time.RFC3339Nano, event["time"].(string))
		if err != nil {
			t.Fatal(err)
		}
		year, moment := 1, at
		if filter == "to" {
			year, moment = -1, at.Add(time.Second)
		}
		return moment.Format(time.RFC3339Nano), at.AddDate(year, 0, 0).Format(time.RFC3339Nano)
	}
	if filter == "kind" {
		return "content", "audit"
	}
	same, ok := event[filter].(string)
	if !ok || same == "" {
		t.Fatalf("the event has no %s: say what it is compared with", filter)
	}
	switch {
	case policy.ParseIdentifier(same[:1], same) == nil:
		return same, policy.NewID(same[:1])
	case filter == "outcome":
		return same, "error"
	case filter == "phase":
		return same, "state"
	case filter == "country":
		return same, "ZZ"
	}
	return same, "no-such-" + filter
}
