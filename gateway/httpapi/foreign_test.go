package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// identifier is a place in a request that takes an identifier, which may be another
// party's.
type identifier struct {
	in     string // path, query or body
	name   string
	prefix string // of the identifiers
	list   bool
}

// identifiers are the places in every operation of the OpenAPI document, found by the
// pattern of their schema.
func identifiers(t *testing.T) map[string][]identifier {
	t.Helper()
	all := map[string][]identifier{}
	for _, item := range specification(t).Model.Paths.PathItems.FromOldest() {
		for _, operation := range item.GetOperations().FromOldest() {
			var found []identifier
			for _, p := range slices.Concat(item.Parameters, operation.Parameters) {
				if i, ok := identifierOf(p.Name, p.Schema); ok && p.In != "header" {
					i.in = p.In
					found = append(found, i)
				}
			}
			found = append(found, identifiersInBody(operation)...)
			all[operation.OperationId] = found
		}
	}
	return all
}

func identifiersInBody(operation *v3.Operation) (found []identifier) {
	if operation.RequestBody == nil {
		return nil
	}
	content, ok := operation.RequestBody.Content.Get("application/json")
	if !ok || content.Schema.Schema().Properties == nil {
		return nil
	}
	for name, schema := range content.Schema.Schema().Properties.FromOldest() {
		i, ok := identifierOf(name, schema)
		if items := schema.Schema().Items; items != nil && items.IsA() {
			i, ok = identifierOf(name, items.A)
			i.list = true
		}
		if i.in = "body"; ok {
			found = append(found, i)
		}
	}
	return found
}

func identifierOf(name string, schema *base.SchemaProxy) (identifier, bool) {
	if name == "ledger" {
		return identifier{name: name, prefix: "o"}, true
	}
	prefix, isOne := strings.CutSuffix(schema.Schema().Pattern, "_[a-z2-7]{26}$")
	return identifier{name: name, prefix: strings.TrimPrefix(prefix, "^")}, isOne
}

// of is the fixture's value for the identifier.
func (i identifier) of(c *fixture) string {
	if i.name == "provider" {
		return string(c.side.provider)
	}
	return map[string]string{"o": string(c.side.client), "p": string(c.another.Person), "c": string(c.contract), "b": string(c.batch),
		"d": string(c.documents[""].ID), "a": string(c.assignments[""]), "r": string(c.receipt), "m": string(c.membership),
		"h": string(c.hold), "x": string(c.erasure)}[i.prefix]
}

// One identifier of a good request is replaced by one of an unrelated party, and by one
// of a missing object. A person who may make the request gets the same answer to both,
// byte for byte and in every header, and nothing is accepted. The OpenAPI document gives
// the operations and their identifiers, so a new one is tested too.
func TestNotYoursIsNotThere(t *testing.T) {
	needs.NoRace(t, "one client, one request after the other")
	s := serve(t)
	a := &asker{service: s, m: readMatrix(t), routes: routes(t), unknown: map[cell]string{}}
	a.ours, a.other = a.newSide(t, "A"), a.newSide(t, "B")
	ours, theirs := a.newFixture(t, a.ours, "active"), a.newFixture(t, a.other, "active")
	for _, c := range []*fixture{ours, theirs} {
		s.furnish(t, route{path: "{hold}{erasure}"}, c)
	}
	asked := 0
	all := identifiers(t)
	for _, operation := range slices.Sorted(maps.Keys(all)) {
		for _, i := range all[operation] {
			foreign := i.of(theirs)
			if foreign == "" {
				t.Fatalf("%s: the test knows nothing of another's for %s", operation, i.name)
			}
			for _, role := range a.whoMay(operation) {
				at := cell{operation, role, "active"}
				got := a.do(t, a.askWith(t, at, ours, i, foreign))
				missing := a.do(t, a.askWith(t, at, ours, i, i.prefix+"_"+"aaaaaaaaaaaaaaaaaaaaaaaaaa"))
				asked++
				if got.StatusCode < 300 && a.routes[operation].method != http.MethodGet {
					t.Errorf("%s by %s: another party's %s was accepted: %d %s", operation, role, i.name, got.StatusCode, got.body)
				}
				if diff := cmp.Diff(faceless(missing), faceless(got)); diff != "" {
					t.Errorf("%s by %s: another party's %s does not look like what does not exist (-missing +other):\n%s", operation, role, i.name, diff)
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d questions were asked", asked)
	}
}

// whoMay are two of the roles that the matrix allows an operation, and one that it
// refuses. The operator is left out: it knows every organisation.
func (a *asker) whoMay(operation string) []string {
	var may, mayNot []string
	for _, role := range roles {
		switch o, ok := a.m.cells[cell{operation, role, "active"}]; {
		case !ok || role == "operator" || role == "anonymous" || role == "leaver":
		case o.allowed():
			may = append(may, role)
		default:
			mayNot = append(mayNot, role)
		}
	}
	return append(may[:min(2, len(may))], mayNot[:min(1, len(mayNot))]...)
}

// askWith is the request of the cell with another value for one of its identifiers.
func (a *asker) askWith(t *testing.T, at cell, c *fixture, i identifier, value string) *http.Request {
	t.Helper()
	r := a.routes[at.operation]
	path := r.path
	for name, own := range c.asked(at) {
		if i.in == "path" && name == i.name {
			own = url.PathEscape(value)
		}
		path = strings.ReplaceAll(path, "{"+name+"}", own)
	}
	m := message{header: header{}}
	if make := messages[at.operation]; make != nil {
		m = make(c)
	}
	query, err := url.ParseQuery(strings.TrimPrefix(m.query, "?"))
	if err != nil {
		t.Fatal(err)
	}
	switch i.in {
	case "query":
		if at.operation == "listReaders" {
			query = url.Values{} // about one thing only
		}
		query.Set(i.name, value)
	case "body":
		m.body = withMember(t, m.body, i, value)
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return a.request(t, a.ours.people[at.role], r.method, path, m.body, m.header)
}

func withMember(t *testing.T, body string, i identifier, value string) string {
	t.Helper()
	members := map[string]any{}
	if err := json.Unmarshal([]byte(body), &members); err != nil {
		t.Fatal(err)
	}
	members[i.name] = value
	if i.list {
		members[i.name] = []string{value}
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// listings are the operations of the OpenAPI document that list or count objects.
func listings(t *testing.T) (names []string) {
	t.Helper()
	for _, item := range specification(t).Model.Paths.PathItems.FromOldest() {
		for method, operation := range item.GetOperations().FromOldest() {
			if answer, ok := operation.Responses.Codes.Get("200"); ok && method == "get" {
				for mediaType, content := range answer.Content.FromOldest() {
					if isListing(mediaType, content) {
						names = append(names, operation.OperationId)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func isListing(mediaType string, content *v3.MediaType) bool {
	if mediaType == "application/x-ndjson" {
		return true
	}
	if content.Schema == nil || content.Schema.Schema().Properties == nil {
		return false
	}
	for _, name := range []string{"items", "count", "groups"} {
		if _, ok := content.Schema.Schema().Properties.Get(name); ok {
			return true
		}
	}
	return false
}

// Every person of one side lists and counts everything, page by page. None of it belongs
// to the other side, and no act of the other side changes a byte of it: no count, no
// cursor, no order.
func TestListsOfUnrelatedPartiesNeverMeet(t *testing.T) {
	needs.NoRace(t, "one client, one request after the other")
	s := serve(t)
	a := &asker{service: s, m: readMatrix(t), routes: routes(t)}
	a.ours, a.other = a.newSide(t, "A"), a.newSide(t, "B")
	ours, theirs := a.newFixture(t, a.ours, "active"), a.newFixture(t, a.other, "active")
	second := a.newFixture(t, a.ours, "active") // so that there is more than one page
	s.furnish(t, route{path: "{hold}"}, ours)
	s.furnish(t, route{path: "{hold}"}, second)
	everything := func() map[string]string {
		answers := map[string]string{}
		for _, operation := range listings(t) {
			for _, role := range roles {
				if who, ok := a.ours.people[role]; ok && role != "operator" && role != "outsider" && role != "anonymous" {
					answers[operation+" by "+role] = a.pages(t, cell{operation, role, "active"}, who, ours)
				}
			}
		}
		return answers
	}
	before := everything()
	for name, text := range before {
		for _, id := range theirs.names() {
			if strings.Contains(text, id) {
				t.Errorf("%s: %s of the other side is in it", name, id)
			}
		}
	}
	for _, name := range []string{"listContracts by officer", "listBatches by handler", "listAssignments by handler", "listDocuments by client-system",
		"listHolds by officer", "listEvents by officer", "countEvents by officer", "exportEvents by officer", "listReaders by officer"} {
		if id := string(ours.contract); !strings.Contains(before[name], id) && name != "countEvents by officer" && name != "listReaders by officer" || len(before[name]) < 20 {
			t.Errorf("%s: own things are not in it: %s", name, before[name])
		}
	}
	for range 2 {
		a.newFixture(t, a.other, "active")
	}
	a.newFixture(t, a.other, "proposed")
	if diff := cmp.Diff(before, everything()); diff != "" {
		t.Errorf("what the other side did shows (-before +after):\n%s", diff)
	}
}

// names are the identifiers of all objects of the fixture.
func (c *fixture) names() []string {
	names := []string{string(c.side.client), string(c.side.provider), string(c.contract), string(c.batch), string(c.receipt),
		string(c.membership), string(c.another.Person), string(c.newcomer.Person), string(c.leaver.Person)}
	for _, d := range c.documents {
		names = append(names, string(d.ID))
	}
	for _, assignment := range c.assignments {
		names = append(names, string(assignment))
	}
	for role, who := range c.side.people {
		if role != "operator" && role != "outsider" && role != "anonymous" {
			names = append(names, string(who.Person))
		}
	}
	return names
}

// pages are all pages of a listing, one item on each, as one text. Of ledgers it asks for
// receptions only: the questions themselves are events too.
func (a *asker) pages(t *testing.T, at cell, who gateway.Caller, c *fixture) string {
	t.Helper()
	r := a.routes[at.operation]
	path := r.path
	for name, value := range c.asked(at) {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	query := url.Values{}
	if make := messages[at.operation]; make != nil {
		var err error
		if query, err = url.ParseQuery(strings.TrimPrefix(make(c).query, "?")); err != nil {
			t.Fatal(err)
		}
	}
	if query.Has("ledger") {
		query.Set("action", "document.receive")
	}
	paged := at.operation == "listEvents" || strings.HasPrefix(at.operation, "list") && at.operation != "listQuestions" &&
		at.operation != "listReaders" && at.operation != "listVersions"
	if paged {
		query.Set("limit", "1")
	}
	var all strings.Builder
	for range 100 {
		got := a.call(t, who, r.method, path+"?"+query.Encode(), "", nil)
		if got.StatusCode >= 500 {
			t.Fatalf("%v: %d %s", at, got.StatusCode, got.body)
		}
		all.WriteString(faceless(got))
		var page struct{ Next string }
		if at.operation == "exportEvents" || json.Unmarshal(got.body, &page) != nil || page.Next == "" {
			return all.String()
		}
		query.Set("after", page.Next)
	}
	t.Fatalf("%v: the pages have no end", at)
	return ""
}
