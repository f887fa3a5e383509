package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// After one call, or the end that was set, every access of a person ends: the token that
// was issued before, the lease, the credential, and the running download.
func TestEveryAccessEndsWithTheLeaver(t *testing.T) {
	const size = 8 << 20
	for name, c := range map[string]struct {
		member, role time.Duration // until; 0 sets no end
		leave        bool
		reason       string
		signsIn      int
	}{
		"who left":                   {leave: true, reason: "not-a-member", signsIn: http.StatusUnauthorized},
		"who was there for a time":   {member: time.Minute, reason: "not-a-member", signsIn: http.StatusUnauthorized},
		"whose role was for a time":  {role: time.Minute, reason: "no-role", signsIn: http.StatusOK},
		"whose role ends before all": {member: time.Hour, role: time.Minute, reason: "no-role", signsIn: http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			store := newTampering(t)
			s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Objects: store}))
			who, secret := s.temporary(t, c.member, c.role)
			batch := s.Open(t, "lot-1")
			d, _ := s.Upload(t, batch, "claim-1", gatewaytest.Content("claim-1", size))
			s.Seal(t, batch, []gateway.Document{d})
			a := made(s.Gateway.Assign(t.Context(), s.ProviderManager, batch, gateway.NewAssignment{Person: who.Person, All: true}))(t)
			signIn := fmt.Sprintf("grant_type=client_credentials&client_id=%s&client_secret=%s", who.Person, secret)
			token := into[api.Token](t, s.post(t, signIn, nil), http.StatusOK).AccessToken
			with := header{"Authorization": "Bearer " + token}
			document := "/v1/documents/" + string(d.ID)
			into[api.Assignment](t, s.call(t, who, http.MethodPost, "/v1/assignments/"+string(a.ID)+"/lease", "", with), http.StatusOK)

			goOn := make(chan struct{})
			store.pause(5<<20, goOn)
			running, err := http.DefaultClient.Do(s.request(t, who, http.MethodGet, document+"/content", "", with))
			if err != nil {
				t.Fatal(err)
			}
			defer running.Body.Close()
			if _, err := io.CopyN(io.Discard, running.Body, 1<<20); err != nil {
				t.Fatal(err)
			}
			if c.leave {
				if got := s.call(t, s.Operator, http.MethodPost, "/v1/members/"+string(who.Person)+"/departure", "", nil); got.StatusCode != http.StatusNoContent {
					t.Fatalf("%d %s", got.StatusCode, got.body)
				}
			}
			s.Clock.Advance(time.Minute)
			close(goOn)
			if rest, err := io.ReadAll(running.Body); err != io.ErrUnexpectedEOF || len(rest) >= size-2<<20 {
				t.Errorf("the running download went on for %d bytes, then %v", len(rest), err)
			}
			ended, err := s.Gateway.AskLedger(t.Context(), s.Officer, string(s.Client), gateway.LedgerQuestion{
				Query: gateway.EventQuery{Document: string(d.ID), Action: "document.read"}})
			if err != nil || len(ended.Events) != 2 || ended.Events[0].Phase != "aborted" || ended.Events[0].Reason != c.reason {
				t.Errorf("the ledger says %+v, %v", ended.Events, err)
			}
			for _, request := range []struct{ method, path string }{{http.MethodGet, document + "/content"}, {http.MethodHead, document + "/content"},
				{http.MethodGet, document}, {http.MethodGet, "/v1/batches/" + string(batch)}, {http.MethodGet, "/v1/contracts/" + string(s.Contract)},
				{http.MethodPost, "/v1/assignments/" + string(a.ID) + "/lease"}} {
				if got := s.call(t, who, request.method, request.path, "", with); got.StatusCode != http.StatusNotFound {
					t.Errorf("the token still gets %d for %s %s", got.StatusCode, request.method, request.path)
				}
			}
			if got := s.post(t, signIn, nil); got.StatusCode != c.signsIn {
				t.Errorf("signing in: %d %s", got.StatusCode, got.body)
			}
		})
	}
}

// temporary is a handler on the contract whose membership, or role, has an end; with a
// credential's secret.
func (s *service) temporary(t *testing.T, member, role time.Duration) (gateway.Caller, string) {
	t.Helper()
	until := func(d time.Duration) time.Time {
		if d == 0 {
			return time.Time{}
		}
		return s.Clock.Now().Add(d)
	}
	m := made(s.Gateway.AddMember(t.Context(), s.Operator, s.Provider, gateway.NewMember{Name: "Tara Temporary", Until: until(member)}))(t)
	made(s.Gateway.GrantRole(t.Context(), s.Manager, s.Contract, gateway.NewMembership{Person: m.ID, Role: policy.RoleHandler, Until: until(role)}))(t)
	who := s.Handler
	who.Person = m.ID
	return who, made(s.Gateway.IssueCredential(t.Context(), s.Operator, m.ID))(t).Secret
}

// An account of several people, or of a system and a person, is refused with a clear
// problem.
func TestSharedAccountsAreRefusedOverHTTP(t *testing.T) {
	s := serve(t)
	before := rowsOf(t, s.Database)
	for _, name := range []string{"admin", "Team 2", "Équipe", "support"} {
		got := s.call(t, s.Operator, http.MethodPost, "/v1/organisations/"+string(s.Provider)+"/members", fmt.Sprintf(`{"name":%q}`, name), nil)
		if p := wantProblem(t, got, http.StatusBadRequest, "parameter"); or(p.Field) != "name" {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	memberships := "/v1/contracts/" + string(s.Contract) + "/memberships"
	for who, role := range map[gateway.PersonID]string{s.System.Person: "contract-manager", s.Officer.Person: "client-system"} {
		got := s.call(t, s.Manager, http.MethodPost, memberships, fmt.Sprintf(`{"person":%q,"role":%q}`, who, role), nil)
		if p := wantProblem(t, got, http.StatusBadRequest, "parameter"); or(p.Field) != "role" {
			t.Errorf("%s: %s", role, got.body)
		}
	}
	if after := rowsOf(t, s.Database); after["person"] != before["person"] || after["membership"] != before["membership"] || after["duty"] != before["duty"] {
		t.Errorf("something was stored: %v, before it was %v", after, before)
	}
}
