package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

// A route of the OpenAPI document without an entry fails here, and so does an entry
// without a state that can matter to it. The operator knows every organisation; no one
// else can tell another party's object from a missing one.
func TestTheMatrixIsWhole(t *testing.T) {
	m := readMatrix(t)
	all := routes(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all)), slices.Sorted(slices.Values(m.operations))); diff != "" {
		t.Errorf("operations of the document (-) and of the matrix (+):\n%s", diff)
	}
	for at, o := range m.cells {
		if at.state == "other" && at.role != "operator" && o.status != http.StatusNotFound && o.status != http.StatusUnauthorized && o.reason != "hidden" {
			t.Errorf("%v: %d tells that another party's thing exists", at, o.status)
		}
	}
	for operation, r := range all {
		for _, state := range statesOf(operation, r) {
			if !slices.Contains(m.states[operation], state) {
				t.Errorf("%s: the matrix leaves out the state %s", operation, state)
			}
		}
	}
}

// statesOf are the states that can matter to an operation, by the objects in its path and
// its query, or by all objects.
func statesOf(operation string, r route) []string {
	about := r.path + map[string]string{
		"listReaders": "{document}", "listBatches": "{batch}", "listAssignments": "{assignment}", "listContracts": "{contract}",
		"getPast": "{person}", "listEvents": "{ledger}", "countEvents": "{ledger}", "exportEvents": "{ledger}", "askQuestion": "{ledger}",
	}[operation]
	needed := map[string]bool{"active": true}
	need := func(states ...string) {
		for _, s := range states {
			needed[s] = true
		}
	}
	if strings.Contains(about, "{") {
		need("other", "missing")
	}
	if strings.Contains(about, "{ledger}") {
		need("operator")
	} else if containsAny(about, "{contract}", "{batch}", "{document}", "{assignment}", "{receipt}", "{hold}", "{erasure}") {
		need("expired", "suspended", "terminated", "gone")
	}
	if strings.Contains(about, "{contract}") {
		need("proposed")
	}
	if containsAny(about, "{batch}", "{document}", "{receipt}", "{assignment}") {
		need("unleased", "erased")
	}
	if containsAny(about, "{batch}", "{document}", "{receipt}") {
		need("open", "sealed")
	}
	if operation == "listContracts" || operation == "listBatches" || operation == "listAssignments" {
		delete(needed, "missing") // a listing has no identifier
	}
	return slices.Sorted(maps.Keys(needed))
}

func containsAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// asker asks the questions of the matrix, one after the other.
type asker struct {
	*service
	m           matrix
	routes      map[string]route
	ours, other *side
	appended    *gatewaytest.Tap
	unknown     map[cell]string // the answers about missing objects
	allowed     map[policy.Action]bool
}

// TestTheMatrix asks every question over HTTP and holds the answer, and what it left in
// the ledgers, against the table.
func TestTheMatrix(t *testing.T) {
	needs.NoRace(t, "one client, one request after the other")
	a := &asker{service: serve(t), m: readMatrix(t), routes: routes(t), unknown: map[cell]string{}, allowed: map[policy.Action]bool{}}
	a.ours, a.other = a.newSide(t, "A"), a.newSide(t, "B")
	a.appended = a.Tap(t)
	// missing comes first: an object of another party must look like a missing one.
	// expired comes last: it takes days.
	for _, state := range []string{"missing", "other", "active", "operator", "proposed", "unleased", "open", "sealed", "erased", "suspended", "terminated", "gone", "expired"} {
		t.Run(state, func(t *testing.T) { a.state(t, state) })
	}
	// A decision that lacks facts never allows, so an act that is allowed has filled
	// every group that its conditions need.
	for _, action := range policy.Actions() {
		if !a.allowed[action] {
			t.Errorf("%s was never allowed: it is not known whether the gateway reads all that its conditions need", action)
		}
	}
}

func (a *asker) state(t *testing.T, state string) {
	var c *fixture
	for _, operation := range a.m.operations {
		if !slices.Contains(a.m.states[operation], state) {
			continue
		}
		if c != nil && c.furnished {
			c = nil
		}
		for _, role := range roles {
			if c == nil {
				c = a.fixtureFor(t, state)
			}
			at := cell{operation, role, state}
			if a.cell(t, at, c).allowed() && a.routes[operation].method != http.MethodGet {
				c = nil // the request changed it
			}
		}
	}
}

func (a *asker) fixtureFor(t *testing.T, state string) *fixture {
	t.Helper()
	switch state {
	case "missing":
		c := missing(a.ours)
		c.leaver = a.newFixture(t, a.ours, "active").leaver
		return c
	case "other":
		c := a.newFixture(t, a.other, "active")
		c.proposal = a.newFixture(t, a.other, "terminated").proposal // of another contract: this one runs
		c.leaver = a.newFixture(t, a.ours, "active").leaver
		return c
	default:
		return a.newFixture(t, a.ours, state)
	}
}

// cell asks one question and checks the whole answer.
func (a *asker) cell(t *testing.T, at cell, c *fixture) outcome {
	t.Helper()
	want, who := a.m.cells[at], a.ours.people[at.role]
	if at.role == "leaver" {
		who = c.leaver
	}
	a.furnish(t, a.routes[at.operation], c)
	got := a.do(t, a.ask(t, a.routes[at.operation], at, who, c))
	a.wantAnswer(t, at, want, got, c)
	a.wantEvents(t, at, want, got.Header.Get("Request-Id"), c)
	unknown, asked := a.unknown[cell{at.operation, at.role, "missing"}]
	switch {
	case at.state == "missing":
		a.unknown[at] = faceless(got)
	case at.state == "other" && asked && want.status != http.StatusForbidden && !want.allowed():
		if diff := cmp.Diff(unknown, faceless(got)); diff != "" {
			t.Errorf("%v: another party's thing does not look like what does not exist (-missing +other):\n%s", at, diff)
		}
	}
	return outcome{status: got.StatusCode}
}

// faceless is the answer without the parts that differ each time: the request's id, and
// the time.
func faceless(got answer) string {
	h := got.Header.Clone()
	id := h.Get("Request-Id")
	h.Del("Request-Id")
	h.Del("Date")
	var b strings.Builder
	b.WriteString(got.Status + "\n")
	_ = h.Write(&b) // a Builder does not fail
	return b.String() + "\n" + strings.ReplaceAll(string(got.body), id, "")
}

func (a *asker) wantAnswer(t *testing.T, at cell, want outcome, got answer, c *fixture) {
	t.Helper()
	if got.StatusCode != want.status {
		t.Errorf("%v: got %d, want %d %s: %s", at, got.StatusCode, want.status, want.reason, got.body)
		return
	}
	if want.allowed() {
		if want.reason == "listed" || want.reason == "hidden" {
			a.wantListed(t, at, want.reason == "listed", got, c)
		}
		return
	}
	if at.operation == "issueToken" || a.routes[at.operation].method == http.MethodHead {
		return // its errors are OAuth's, or have no body
	}
	var p api.Problem
	if err := json.Unmarshal(got.body, &p); err != nil {
		t.Errorf("%v: %s is no problem: %v", at, got.body, err)
	}
	reason := or(p.Reason)
	if want.status == http.StatusNotFound || want.status == http.StatusUnauthorized {
		if reason != "" || p.Contract != nil || p.Detail != nil && want.status == http.StatusNotFound {
			t.Errorf("%v: %d says more than that: %s", at, want.status, got.body)
		}
	} else if reason != want.reason && "conflict-"+p.Kind() != want.reason {
		t.Errorf("%v: got %s, want %s", at, got.body, want.reason)
	}
}

func or(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// wantListed checks whether the fixture's own object is listed. For documents that is the
// one that the role would ask for. A handler never sees a document of another handler.
func (a *asker) wantListed(t *testing.T, at cell, want bool, got answer, c *fixture) {
	t.Helper()
	asked := c.asked(at)
	id := asked[map[string]string{"listContracts": "contract", "listBatches": "batch", "listAssignments": "assignment", "listDocuments": "document"}[at.operation]]
	if id != "" && strings.Contains(string(got.body), `"`+id+`"`) != want {
		t.Errorf("%v: listed is not %t: %s", at, want, got.body)
	}
	handler := at.role == "handler" || at.role == "assigned" || at.role == "unassigned"
	if foreign := c.documents["leaver"].ID; handler && foreign != "" && strings.Contains(string(got.body), string(foreign)) {
		t.Errorf("%v: somebody else's document is listed: %s", at, got.body)
	}
}

// wantEvents checks that the request left exactly these events in the ledgers.
func (a *asker) wantEvents(t *testing.T, at cell, want outcome, request string, c *fixture) {
	t.Helper()
	var kept []string
	for _, e := range a.appended.Next(t) {
		if e.Request == request {
			a.allowed[policy.Action(e.Action)] = a.allowed[policy.Action(e.Action)] || e.Outcome == event.OutcomeAllow
			kept = append(kept, e.Ledger+" "+string(e.Phase)+" "+string(e.Outcome)+" "+e.Reason)
		}
	}
	slices.Sort(kept)
	if diff := cmp.Diff(a.expectedEvents(at, want, c), kept); diff != "" {
		t.Errorf("%v: events (-want +got):\n%s", at, diff)
	}
}

// expectedEvents are the events of a request: one for the decision, in the ledger of the
// object's client or else in the operator's, and one more for the end of a transfer. A
// listing is an event in the ledger of every client that has an object on it.
func (a *asker) expectedEvents(at cell, want outcome, c *fixture) []string {
	if want.reason == "-" {
		return nil
	}
	phase := event.PhaseState
	switch at.operation {
	case "uploadDocument", "downloadDocument", "headDocument":
		phase = event.PhaseGrant
	}
	if want.reason == "not-found" {
		phase = event.PhaseState // there was nothing to open a grant on
	}
	var all []string
	for _, ledger := range a.ledgersOf(at, want, c) {
		switch {
		case !want.allowed():
			all = append(all, ledger+" "+string(phase)+" deny "+want.reason)
		default:
			all = append(all, ledger+" "+string(phase)+" allow allowed")
			if phase == event.PhaseGrant {
				all = append(all, ledger+" completed allow allowed")
			}
		}
	}
	slices.Sort(all)
	return all
}

// ledgersOf gives the ledgers for the events of a request.
func (a *asker) ledgersOf(at cell, want outcome, c *fixture) []string {
	switch at.operation {
	case "createOrganisation", "issueToken":
		return []string{"operator"}
	case "endMember", "issueCredential":
		return []string{"operator"} // the person is a provider's, and providers have no ledger
	case "listContracts", "listBatches", "listAssignments":
		return a.ledgersOfListing(at, want)
	case "listQuestions", "getPast": // asked of one's own organisation
		if ofClient(at.role) {
			return []string{string(a.ours.client)}
		}
		return []string{"operator"}
	}
	if want.reason == "not-found" {
		return []string{"operator"}
	}
	if strings.HasPrefix(a.routes[at.operation].path, "/v1/audit/") {
		return []string{c.ledger}
	}
	return []string{string(c.side.client)}
}

func ofClient(role string) bool {
	return slices.Contains([]string{"client-system", "proposer", "approver", "officer", "auditor", "member"}, role)
}

func (a *asker) ledgersOfListing(at cell, want outcome) []string {
	switch {
	case at.role == "outsider" && want.allowed() && at.operation == "listContracts":
		return []string{string(a.Client)} // of his own contract
	case ofClient(at.role) || want.reason == "listed" || want.allowed() && a.seesOthers(at):
		return []string{string(a.ours.client)}
	default:
		return []string{"operator"}
	}
}

// seesOthers says whether a listing without the fixture's objects still shows those of
// earlier states.
func (a *asker) seesOthers(at cell) bool {
	provider := at.role == "provider-manager" || at.role == "handler" || at.role == "assigned" || at.role == "unassigned"
	return at.role == "watcher" && at.operation == "listContracts" || provider && (at.operation == "listContracts" || at.operation == "listBatches" ||
		at.operation == "listAssignments" && (at.role == "handler" || at.role == "assigned"))
}
