package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/httpapi"
)

func TestJSONIsReadStrictly(t *testing.T) {
	s := serve(t)
	batches := "/v1/contracts/" + string(s.Contract) + "/batches"
	for name, c := range map[string]struct {
		body   string
		header header
		status int
		kind   string
	}{
		"none":                   {"", nil, 400, "body"},
		"not JSON":               {`reference`, nil, 400, "body"},
		"cut":                    {`{"reference":"lot-2"`, nil, 400, "body"},
		"null":                   {`null`, nil, 400, "body"},
		"a list":                 {`[]`, nil, 400, "body"},
		"a text":                 {`"lot-2"`, nil, 400, "body"},
		"nothing in it":          {`{}`, nil, 400, "body"},
		"another member":         {`{"reference":"lot-2","state":"sealed"}`, nil, 400, "body"},
		"another case":           {`{"Reference":"lot-2"}`, nil, 400, "body"},
		"another case as well":   {`{"reference":"lot-2","REFERENCE":"lot-3"}`, nil, 400, "body"},
		"twice":                  {`{"reference":"lot-2","reference":"lot-3"}`, nil, 400, "body"},
		"twice, once escaped":    {`{"reference":"lot-2","\u0072eference":"lot-3"}`, nil, 400, "body"},
		"a value that is null":   {`{"reference":null}`, nil, 400, "body"},
		"a number for a text":    {`{"reference":1}`, nil, 400, "body"},
		"something after it":     {`{"reference":"lot-2"} {}`, nil, 400, "body"},
		"not UTF-8":              {"{\"reference\":\"\xff\"}", nil, 400, "body"},
		"nested too deep":        {strings.Repeat("[", 100) + strings.Repeat("]", 100), nil, 400, "body"},
		"too large":              {`{"reference":"` + strings.Repeat("a", 1<<20) + `"}`, nil, 413, "too-large"},
		"not called JSON":        {`{"reference":"lot-2"}`, header{"Content-Type": "text/plain"}, 415, "content-type"},
		"not called anything":    {`{"reference":"lot-2"}`, header{"Content-Type": ""}, 415, "content-type"},
		"another charset":        {`{"reference":"lot-2"}`, header{"Content-Type": "application/json; charset=utf-16"}, 415, "content-type"},
		"a reference with slash": {`{"reference":"a/b"}`, nil, 400, "reference"},
	} {
		t.Run(name, func(t *testing.T) {
			wantProblem(t, s.call(t, s.System, http.MethodPost, batches, c.body, c.header), c.status, c.kind)
		})
	}
	a := s.call(t, s.System, http.MethodPost, batches, `{"reference":"lot-2"}`, header{"Content-Type": "application/json; charset=utf-8"})
	if a.StatusCode != http.StatusCreated {
		t.Errorf("a good one: got %d: %s", a.StatusCode, a.body)
	}
}

func TestABodyWhereNoneBelongs(t *testing.T) {
	s := serve(t)
	a := s.call(t, s.Operator, http.MethodPost, "/v1/members/"+string(s.Handler.Person)+"/departure", `{"person":"x"}`, nil)
	wantProblem(t, a, http.StatusBadRequest, "body")
}

func TestIdentifiersInBodiesAndQueries(t *testing.T) {
	s := serve(t)
	for name, a := range map[string]answer{
		"member":       s.call(t, s.Manager, http.MethodPost, "/v1/contracts/"+string(s.Contract)+"/memberships", `{"person":"x","role":"handler"}`, nil),
		"other prefix": s.call(t, s.Officer, http.MethodGet, "/v1/audit/events?ledger="+string(s.Client)+"&actor="+string(s.Client), "", nil),
		"ledger":       s.call(t, s.Officer, http.MethodGet, "/v1/audit/events?ledger=x", "", nil),
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, a, http.StatusBadRequest, "identifier") })
	}
}

func TestQueriesAreReadStrictly(t *testing.T) {
	s := serve(t)
	ledger := "/v1/audit/events?ledger=" + string(s.Client)
	for path, field := range map[string]string{
		"/v1/audit/events":         "ledger",
		ledger + "&actr=x":         "actr",
		ledger + "&Actor=x":        "Actor",
		ledger + "&outcome=denied": "outcome",
		ledger + "&from=yesterday": "from",
		ledger + "&action=document.read&action=document.read": "action",
		ledger + "&phase=grant&phase=grant":                   "phase",
		ledger + "&reason=":                                   "reason",
		ledger + "&limit=0":                                   "limit",
		ledger + "&limit=501":                                 "limit",
		ledger + "&limit=x":                                   "limit",
		"/v1/batches?state=lost":                              "state",
		"/v1/batches?assigned=you":                            "assigned",
		"/v1/contracts/" + string(s.Contract) + "?a=b":        "a",
	} {
		p := wantProblem(t, s.call(t, s.Officer, http.MethodGet, path, "", nil), http.StatusBadRequest, "parameter")
		if p.Field == nil || *p.Field != field {
			t.Errorf("%s: got %s", path, p.Error())
		}
	}
	wantProblem(t, s.call(t, s.Officer, http.MethodGet, ledger+"&a;b=c", "", nil), http.StatusBadRequest, "parameter")
}

// A parameter that is given twice is refused, also by operations that read their query
// themselves and would take the first: each value alone is good.
func TestAParameterIsGivenOnce(t *testing.T) {
	s := serve(t)
	terms := string(gatewaytest.Terms("MOTOR-1", s.Client, s.Provider))
	path := "/v1/contracts/" + string(s.Contract) + "/amendments?effective=2027-01-01T00:00:00Z&effective=2027-01-01T00:00:00Z"
	p := wantProblem(t, s.call(t, s.Manager, http.MethodPost, path, terms, header{"Content-Type": "application/yaml"}), http.StatusBadRequest, "parameter")
	if p.Field == nil || *p.Field != "effective" {
		t.Errorf("got %s", p.Error())
	}
}

func TestNestingHasALimit(t *testing.T) {
	nested := func(depth int) []byte {
		return []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
	}
	if err := httpapi.CheckJSON(nested(16)); err != nil {
		t.Error(err)
	}
	if httpapi.CheckJSON(nested(500_000)) == nil {
		t.Error("half a million lists in each other passed")
	}
}

// FuzzCheckJSON asserts that an accepted body is JSON, and that a parser that keeps the
// first member of a name reads the same as one that keeps the last.
func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":null}],"c":"é"}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `[] []`, `{`, "\"\xff\"", `nul`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if httpapi.CheckJSON(text) != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("passed, but not JSON: %q", text)
		}
		d := json.NewDecoder(strings.NewReader(string(text)))
		wantUnique(t, d)
	})
}

// wantUnique reads one value and fails the test at a member that its object had before.
func wantUnique(t *testing.T, d *json.Decoder) {
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	names := map[any]bool{}
	for (token == json.Delim('{') || token == json.Delim('[')) && d.More() {
		if token == json.Delim('{') {
			name, err := d.Token()
			if err != nil || names[name] {
				t.Fatalf("%v stands there twice, %v", name, err)
			}
			names[name] = true
		}
		wantUnique(t, d)
	}
	if _, ok := token.(json.Delim); ok {
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
	}
}
