package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// Every person who may read the contract reads two versions one by one and compares them
// both ways.
func TestVersionsAndTheirChanges(t *testing.T) {
	s := serve(t)
	do := s.asDocumented(t)
	contract := "/v1/contracts/" + string(s.Contract)
	text := string(gatewaytest.Terms("MOTOR-1", s.Client, s.Provider))
	amended := strings.Replace(text, "max-bytes: 1048576}", "max-bytes: 2097152}\n  photo: {media-types: [image/jpeg], max-bytes: 5}", 1)
	into[api.Contract](t, do(s.Manager, http.MethodPost, contract+"/amendments", amended, "application/yaml"), http.StatusCreated)

	first := into[api.Version](t, do(s.Handler, http.MethodGet, contract+"/versions/1", "", ""), http.StatusOK)
	if first.Terms != text || !first.InForce || first.ApprovedBy == nil || *first.ApprovedBy != string(s.Approver.Person) {
		t.Errorf("%+v", first)
	}
	second := into[api.Version](t, do(s.Manager, http.MethodGet, contract+"/versions/2", "", ""), http.StatusOK)
	if second.Terms != amended || second.InForce || second.ApprovedBy != nil {
		t.Errorf("%+v", second)
	}

	// The provider sees a version only after its approval.
	for _, query := range []string{"2", "2/changes?base=1", "1/changes?base=2"} {
		wantProblem(t, do(s.ProviderManager, http.MethodGet, contract+"/versions/"+query, "", ""), http.StatusNotFound, "not-found")
	}
	into[api.Contract](t, do(s.Approver, http.MethodPost, contract+"/approvals", `{"version":2}`, "application/json"), http.StatusOK)

	who := s.Manager
	changes := func(query string) (terms []string, opened, closed int) {
		t.Helper()
		c := into[api.VersionChanges](t, do(who, http.MethodGet, contract+"/versions/"+query, "", ""), http.StatusOK)
		for _, change := range c.Terms {
			terms = append(terms, change.Path)
		}
		for _, r := range c.Rules {
			if r.Class != "photo" || r.Clause != "classes.photo" {
				t.Errorf("%s: %+v", query, r)
			}
			if r.Opens {
				opened++
			} else {
				closed++
			}
		}
		return terms, opened, closed
	}
	paths := []string{"classes.form.max-bytes", "classes.photo.max-bytes", "classes.photo.media-types"}
	forth, opened, closed := changes("2/changes?base=1")
	if diff := cmp.Diff(paths, forth); diff != "" || opened == 0 || closed != 0 {
		t.Errorf("%d rules open, %d close, terms (-want +got):\n%s", opened, closed, diff)
	}
	who = s.ProviderManager
	back, closes, opens := changes("1/changes?base=2")
	if diff := cmp.Diff(paths, back); diff != "" || opens != opened || closes != 0 {
		t.Errorf("back: %d rules close, %d open, terms (-want +got):\n%s", opens, closes, diff)
	}
	if none, opened, closed := changes("2/changes?base=2"); len(none) != 0 || opened+closed != 0 {
		t.Errorf("a version differs from itself: %v", none)
	}

	for _, version := range []string{"3", "0", "x", "3/changes?base=1", "1/changes?base=3"} {
		wantProblem(t, s.call(t, s.Manager, http.MethodGet, contract+"/versions/"+version, "", nil), http.StatusNotFound, "not-found")
	}
	for _, query := range []string{"", "?base=0", "?base=x", "?base=1&base=1", "?base=1&colour=red"} {
		wantProblem(t, s.call(t, s.Manager, http.MethodGet, contract+"/versions/1/changes"+query, "", nil), http.StatusBadRequest, "parameter")
	}
}

// Refused terms name every wrong path with its line, and none of them is stored.
func TestRefusedTermsNamePathAndLine(t *testing.T) {
	s := serve(t)
	do := s.asDocumented(t)
	contract := "/v1/contracts/" + string(s.Contract)
	good := string(gatewaytest.Terms("MOTOR-1", s.Client, s.Provider)) // begins with an empty line
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, c := range map[string]struct {
		terms string
		want  []api.TermsProblem
	}{
		"several": {strings.Replace(with("192.0.2.0/24", "192.0.2.1/24"), "Europe/Paris", "Europe/Atlantis", 1), []api.TermsProblem{
			{Path: "validity.zone", Line: pointer(8)}, {Path: "sites[0].networks[0]", Line: pointer(13)}}},
		"other provider": {with(string(s.Provider), string(s.OtherProvider)), []api.TermsProblem{{Path: "provider", Line: pointer(5)}}},
		"syntax":         {"title: [", []api.TermsProblem{{}}},
	} {
		p := wantProblem(t, do(s.Manager, http.MethodPost, contract+"/amendments", c.terms, "application/yaml"), http.StatusBadRequest, "terms")
		var got []api.TermsProblem
		for _, e := range p.Errors {
			if e.Detail == "" {
				t.Errorf("%s: no detail: %+v", name, e)
			}
			if c.want[0].Path == "" {
				e.Line = nil
			}
			got = append(got, api.TermsProblem{Path: e.Path, Line: e.Line})
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	versions := into[api.VersionList](t, do(s.Manager, http.MethodGet, contract+"/versions", "", ""), http.StatusOK)
	if len(versions.Items) != 1 {
		t.Errorf("refused terms became version %d", len(versions.Items))
	}

	// A proposal may lack terms; its approval names the missing ones.
	lacking := strings.NewReplacer("MOTOR-1", "LACKING-1", "exit: destroy\n", "", "allow-empty: true", "delivery: sealed").Replace(good)
	c := into[api.Contract](t, do(s.Manager, http.MethodPost, "/v1/contracts", lacking, "application/yaml"), http.StatusCreated)
	p := wantProblem(t, do(s.Approver, http.MethodPost, "/v1/contracts/"+c.ID+"/approvals", `{"version":1}`, "application/json"), http.StatusUnprocessableEntity, "terms-incomplete")
	if len(p.Errors) != 1 || p.Errors[0].Path != "exit" || p.Errors[0].Line != nil {
		t.Errorf("%+v", p.Errors)
	}
	into[api.Contract](t, do(s.Manager, http.MethodPost, "/v1/contracts/"+c.ID+"/amendments", lacking+"exit: destroy\n", "application/yaml"), http.StatusCreated)
	p = wantProblem(t, do(s.Approver, http.MethodPost, "/v1/contracts/"+c.ID+"/approvals", `{"version":2}`, "application/json"), http.StatusUnprocessableEntity, "terms-unenforceable")
	if len(p.Errors) != 1 || p.Errors[0].Path != "classes.anything.delivery" || p.Errors[0].Line == nil || *p.Errors[0].Line != 11 {
		t.Errorf("%+v", p.Errors)
	}
}
