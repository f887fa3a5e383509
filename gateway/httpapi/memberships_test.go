package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// The memberships of a contract are listed page by page, and only those in force.
func TestMembershipsAreListed(t *testing.T) {
	s := serve(t)
	do := s.asDocumented(t)
	path := "/v1/contracts/" + string(s.Contract) + "/memberships"
	held := func() map[string]api.Role {
		t.Helper()
		roles := map[string]api.Role{}
		for query := "?limit=1"; ; {
			page := into[api.MembershipPage](t, do(s.Officer, http.MethodGet, path+query, "", ""), http.StatusOK)
			for _, m := range page.Items {
				roles[m.Person] = m.Role
			}
			if page.Next == nil {
				return roles
			}
			if len(page.Items) != 1 {
				t.Fatalf("a page of one holds %d", len(page.Items))
			}
			query = "?limit=1&after=" + *page.Next
		}
	}
	want := map[string]api.Role{}
	for who, role := range map[gateway.PersonID]api.Role{s.System.Person: api.RoleClientSystem, s.ProviderManager.Person: api.RoleProviderManager,
		s.Handler.Person: api.RoleHandler, s.Colleague.Person: api.RoleHandler} {
		want[string(who)] = role
	}
	if diff := cmp.Diff(want, held()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := s.Gateway.EndMember(t.Context(), s.Operator, s.Handler.Person); err != nil {
		t.Fatal(err)
	}
	delete(want, string(s.Handler.Person))
	if diff := cmp.Diff(want, held()); diff != "" {
		t.Errorf("after somebody left (-want +got):\n%s", diff)
	}
	wantProblem(t, s.call(t, s.Officer, http.MethodGet, path+"?after=c_x", "", nil), http.StatusBadRequest, "parameter")
}
