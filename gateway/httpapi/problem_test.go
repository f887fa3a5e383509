package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/policy"
)

func TestTheTableOfProblems(t *testing.T) {
	denied := func(r policy.Reason) error { return fmt.Errorf("doing: %w", &gateway.Denied{Reason: r}) }
	invalid := func(k gateway.InvalidKind) error { return fmt.Errorf("doing: %w", &gateway.Invalid{Kind: k}) }
	for _, c := range []struct {
		err    error
		status int
		kind   string
	}{
		{denied(policy.ReasonTooLarge), 413, "denied"},
		{denied(policy.ReasonMediaType), 415, "denied"},
		{denied(policy.ReasonUnknownClass), 422, "denied"},
		{denied(policy.ReasonEmptyDocument), 422, "denied"},
		{denied(policy.ReasonBatchState), 409, "denied"},
		{denied(policy.ReasonNoLease), 403, "denied"},
		{denied(policy.ReasonSite), 403, "denied"},
		{denied(policy.ReasonCeilingBytes), 403, "denied"},
		{denied(policy.ReasonContractExpired), 403, "denied"},
		{denied(policy.ReasonFactMissing), 500, "fact-missing"},
		{&gateway.Conflict{Kind: gateway.ConflictReferenceTaken}, 409, "reference-taken"},
		{&gateway.Conflict{Kind: gateway.ConflictManifest}, 409, "manifest-mismatch"},
		{&gateway.Conflict{Kind: "newer"}, 409, "newer"},
		{invalid(gateway.InvalidParameter), 400, "parameter"},
		{invalid(gateway.InvalidIdentifier), 400, "identifier"},
		{invalid(gateway.InvalidReference), 400, "reference"},
		{invalid(gateway.InvalidTerms), 400, "terms"},
		{invalid(gateway.InvalidIncomplete), 422, "terms-incomplete"},
		{invalid(gateway.InvalidUnenforceable), 422, "terms-unenforceable"},
		{invalid(gateway.InvalidPackTooLarge), 422, "pack-too-large"},
		{invalid(gateway.InvalidDigestMismatch), 400, "digest-mismatch"},
		{invalid(gateway.InvalidLengthMismatch), 400, "length-mismatch"},
		{invalid(gateway.InvalidBody), 400, "body-interrupted"},
		{invalid(gateway.InvalidLengthRequired), 411, "length-required"},
		{invalid(gateway.InvalidNotWhole), 400, "not-whole"},
		{invalid(gateway.InvalidDigest), 400, "digest-unsupported"},
		{denied(policy.ReasonContent), 415, "denied"},
		{denied(policy.ReasonExecutable), 415, "denied"},
		{invalid(gateway.InvalidRange), 416, "range"},
		{invalid("newer"), 400, "newer"},
		{fmt.Errorf("doing: %w", gateway.ErrNotFound), 404, "not-found"},
		{fmt.Errorf("doing: %w", gateway.ErrUnavailable), 503, "unavailable"},
		{fmt.Errorf("doing: %w", gateway.ErrTampered), 500, "tampered"},
		{errors.New("secret detail"), 500, "internal"},
	} {
		p := httpapi.ProblemOf(c.err)
		if p.Status != c.status || p.Kind() != c.kind || p.Title == "" {
			t.Errorf("%v: got %d %s %q, want %d %s", c.err, p.Status, p.Kind(), p.Title, c.status, c.kind)
		}
		if c.status >= 500 && p.Detail != nil {
			t.Errorf("%v: shown: %q", c.err, *p.Detail)
		}
	}
}

func TestADenialSaysWhatDecided(t *testing.T) {
	got := httpapi.ProblemOf(&gateway.Denied{Reason: policy.ReasonNoLease, Contract: "c_1", Version: 3, Clause: "classes.form"})
	reason, contract, version, clause := "no-lease", "c_1", int64(3), "classes.form"
	want := api.Problem{Type: "urn:bordereau:problem:denied", Title: got.Title, Status: http.StatusForbidden,
		Reason: &reason, Contract: &contract, Version: &version, Clause: &clause}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	duty := httpapi.ProblemOf(&gateway.Denied{Reason: policy.ReasonSamePerson})
	if duty.Contract != nil || duty.Version != nil || duty.Clause != nil {
		t.Errorf("a duty's denial names a contract: %+v", duty)
	}
}

func TestWhatIsNotThereIsAProblem(t *testing.T) {
	s := serve(t)
	for _, path := range []string{"/", "/v1", "/v2/contracts", "/v1/contracts/", "//v1/contracts", "/v1/%63ontracts", "/V1/contracts",
		"/v1/batches/../contracts", "/v1/contracts/c_aaaaaaaaaaaaaaaaaaaaaaaaaa", "/v1/contracts/x", "/v1/contracts/..", "/v1/contracts/%00",
		"/v1/contracts/" + string(s.Client), "/v1/audit/ledgers/x/checkpoint"} {
		r := s.request(t, s.Manager, http.MethodGet, "/", "", nil)
		r.URL.Opaque = path // as it is
		wantProblem(t, s.do(t, r), http.StatusNotFound, "not-found")
	}
}

// The ledger has an event for the question about a missing object, but no text of a
// caller's.
func TestWhatIsNoIdentifierIsNoEvent(t *testing.T) {
	s := serve(t)
	refusals := func() int {
		list, _, err := s.Gateway.AuditEvents(t.Context(), s.Operator, event.Operator, gateway.EventQuery{Action: "contract.read"})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	wantProblem(t, s.call(t, s.Manager, http.MethodGet, "/v1/contracts/c_x", "", nil), http.StatusNotFound, "not-found")
	if n := refusals(); n != 0 {
		t.Errorf("no identifier: %d events", n)
	}
	wantProblem(t, s.call(t, s.Manager, http.MethodGet, "/v1/contracts/c_aaaaaaaaaaaaaaaaaaaaaaaaaa", "", nil), http.StatusNotFound, "not-found")
	if n := refusals(); n != 1 {
		t.Errorf("no such contract: %d events", n)
	}
}

func TestTheWrongMethodIsAProblem(t *testing.T) {
	s := serve(t)
	for path, want := range map[string]string{"/v1/contracts": "GET, POST", "/v1/batches": "GET", "/oauth/token": "POST"} {
		a := s.call(t, s.Manager, http.MethodDelete, path, "", nil)
		wantProblem(t, a, http.StatusMethodNotAllowed, "method-not-allowed")
		if got := a.Header.Get("Allow"); got != want && got != "POST, GET" {
			t.Errorf("%s: Allow %q, want %q", path, got, want)
		}
	}
}

func TestAFailureIsLoggedAndNotShown(t *testing.T) {
	s := serve(t)
	s.Database.Close()
	a := s.call(t, s.Manager, http.MethodGet, "/v1/contracts", "", nil)
	var p api.Problem
	if err := json.Unmarshal(a.body, &p); err != nil || a.StatusCode < 500 || p.Detail != nil {
		t.Errorf("got %d: %s", a.StatusCode, a.body)
	}
	if log := s.Log.String(); !contains(log, p.Request, "closed") || contains(string(a.body), "closed") {
		t.Errorf("logged %s, shown %s", log, a.body)
	}
}
