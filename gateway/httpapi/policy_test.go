package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// asDocumented is a client that checks its requests and answers against the OpenAPI
// document.
func (s *service) asDocumented(t *testing.T) func(who gateway.Caller, method, path, body, contentType string) answer {
	transport := newChecked(t)
	return func(who gateway.Caller, method, path, body, contentType string) answer {
		t.Helper()
		r := s.request(t, who, method, path, body, header{"Content-Type": contentType})
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(response.Body); err != nil {
			t.Fatal(err)
		}
		return answer{response, text.Bytes()}
	}
}

func TestAmendmentAndQuestionsOverHTTP(t *testing.T) {
	s := serve(t)
	do := s.asDocumented(t)
	contract := "/v1/contracts/" + string(s.Contract)
	batch, documents := s.Sent(t, 2)
	s.Taken(t, batch)

	effective := s.Clock.Now().Add(time.Hour)
	text := strings.Replace(string(gatewaytest.Terms("MOTOR-1", s.Client, s.Provider)), "192.0.2.0/24", "198.51.100.0/24", 1)
	c := into[api.Contract](t, do(s.Manager, http.MethodPost, contract+"/amendments?effective="+url.QueryEscape(effective.Format(time.RFC3339)), text, "application/yaml"), http.StatusCreated)
	if c.Version != 2 || c.InForce == nil || *c.InForce != 1 {
		t.Errorf("%+v", c)
	}
	impact := into[api.Impact](t, do(s.Officer, http.MethodGet, contract+"/versions/2/impact", "", ""), http.StatusOK)
	if len(impact.Terms) != 1 || len(impact.Readers) != 1 || impact.Readers[0].After == nil || impact.Readers[0].After.Reason != "site" {
		t.Errorf("%+v", impact)
	}
	wantProblem(t, do(s.Manager, http.MethodPost, contract+"/approvals", `{"version":2}`, "application/json"), http.StatusForbidden, "denied")
	into[api.Contract](t, do(s.Approver, http.MethodPost, contract+"/approvals", `{"version":2}`, "application/json"), http.StatusOK)

	who := into[api.Readers](t, do(s.Officer, http.MethodGet, "/v1/policy/readers?document="+string(documents[0].ID), "", ""), http.StatusOK)
	if len(who.Items) != 1 || !who.Complete || who.Items[0].Person != string(s.Handler.Person) || !who.Items[0].Decision.Allowed || who.Items[0].LeaseUntil == nil {
		t.Errorf("%+v", who)
	}
	then := s.Clock.Now()
	s.Clock.Advance(time.Hour)
	wantProblem(t, s.call(t, s.Handler, http.MethodGet, "/v1/documents/"+string(documents[0].ID)+"/content", "", nil), http.StatusForbidden, "denied")
	past := func(query string) api.Readers {
		t.Helper()
		return into[api.Readers](t, do(s.Officer, http.MethodGet, "/v1/policy/past?person="+string(s.Handler.Person)+"&"+query, "", ""), http.StatusOK)
	}
	if got := past("at=" + url.QueryEscape(then.Format(time.RFC3339))); len(got.Items) != 1 || !got.Items[0].Decision.Allowed || got.Items[0].Version != 1 {
		t.Errorf("%+v", got)
	}
	if got := past("on=2026-11-25"); len(got.Items) != 1 || !got.Items[0].Decision.Allowed {
		t.Errorf("%+v", got)
	}
	if got := past("on=2026-11-24"); len(got.Items) != 0 {
		t.Errorf("%+v", got)
	}
	versions := into[api.VersionList](t, do(s.Handler, http.MethodGet, contract+"/versions", "", ""), http.StatusOK)
	if len(versions.Items) != 2 || versions.Items[1].Terms != text || !versions.Items[1].InForce || versions.Items[1].ApprovedBy == nil {
		t.Errorf("%+v", versions)
	}
	facts := `{"action":"document.read","roles":["handler"],"address":"192.0.2.7","class":"form","size":10,"batch":"sealed","document":"received","assigned":true,"lease":"held"`
	if got := into[api.Simulation](t, do(s.Officer, http.MethodPost, contract+"/simulation", facts+`}`, "application/json"), http.StatusOK); got.Decision.Reason != "site" || got.Version != 2 {
		t.Errorf("%+v", got)
	}
	if got := into[api.Simulation](t, do(s.Officer, http.MethodPost, contract+"/simulation", facts+`,"version":1}`, "application/json"), http.StatusOK); !got.Decision.Allowed || len(got.Conditions) < 12 {
		t.Errorf("%+v", got)
	}
	into[api.Contract](t, do(s.Manager, http.MethodPost, contract+"/termination", `{"reason":"end"}`, "application/json"), http.StatusOK)
	if got := into[api.Contract](t, do(s.Manager, http.MethodPost, contract+"/exit", `{"reason":"done"}`, "application/json"), http.StatusOK); got.Status != "exited" {
		t.Errorf("%+v", got)
	}
}

func TestBadPolicyQuestions(t *testing.T) {
	s := serve(t)
	contract := "/v1/contracts/" + string(s.Contract)
	for _, row := range []struct{ method, path, body, kind string }{
		{http.MethodGet, "/v1/policy/readers", "", "parameter"},
		{http.MethodGet, "/v1/policy/readers?contract=" + string(s.Contract) + "&batch=b_aaaaaaaaaaaaaaaaaaaaaaaaaa", "", "parameter"},
		{http.MethodGet, "/v1/policy/readers?document=d_x", "", "identifier"},
		{http.MethodGet, "/v1/policy/readers?person=p_x", "", "parameter"},
		{http.MethodGet, "/v1/policy/past?person=" + string(s.Handler.Person), "", "parameter"},
		{http.MethodGet, "/v1/policy/past?person=x&on=2026-11-25", "", "identifier"},
		{http.MethodGet, "/v1/policy/past?person=" + string(s.Handler.Person) + "&on=2026-11-31", "", "parameter"},
		{http.MethodGet, "/v1/policy/past?person=" + string(s.Handler.Person) + "&at=yesterday", "", "parameter"},
		{http.MethodPost, contract + "/amendments?effective=tomorrow", "title: T", "parameter"},
		{http.MethodPost, contract + "/amendments?from=2026-11-25T09:30:00Z", "title: T", "parameter"},
		{http.MethodPost, contract + "/amendments", "title: [", "terms"},
		{http.MethodPost, contract + "/simulation", `{"action":"document.read","roles":[]}`, "body"},
		{http.MethodPost, contract + "/simulation", `{"action":"document.read","roles":["handler"],"address":"here"}`, "body"},
		{http.MethodPost, contract + "/simulation", `{"action":"document.read","roles":["handler"],"read_bytes":-1}`, "body"},
		{http.MethodPost, contract + "/simulation", `{"action":"document.read","roles":["handler"],"colour":"red"}`, "body"},
	} {
		h := header{}
		if strings.Contains(row.path, "amendments") {
			h["Content-Type"] = "application/yaml"
		}
		wantProblem(t, s.call(t, s.Manager, row.method, row.path, row.body, h), http.StatusBadRequest, row.kind)
	}
	for _, version := range []string{"0", "-1", "01", "x", "9", "9223372036854775808"} {
		wantProblem(t, s.call(t, s.Manager, http.MethodGet, contract+"/versions/"+version+"/impact", "", nil), http.StatusNotFound, "not-found")
	}
}

// Objects of another party, and lists of them, get the answer for missing objects, byte
// for byte but for the request's id.
func TestNothingOfOthersShows(t *testing.T) {
	s := serve(t)
	batch, documents := s.Sent(t, 1)
	assignment := s.Taken(t, batch)
	foreign := s.Organisation(t, gateway.KindClient, "Other Client")
	outsiders := []gateway.Caller{s.Stranger, s.Operator, s.Person(t, foreign, "Otto Officer", "compliance-officer", "contract-manager")}
	const nothing = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, row := range []struct{ method, path, body, theirs, missing string }{
		{http.MethodGet, "/v1/contracts/ID", "", string(s.Contract), "c_" + nothing},
		{http.MethodGet, "/v1/contracts/ID/versions", "", string(s.Contract), "c_" + nothing},
		{http.MethodGet, "/v1/contracts/ID/versions/1/impact", "", string(s.Contract), "c_" + nothing},
		{http.MethodPost, "/v1/contracts/ID/simulation", `{"action":"batch.open","roles":["handler"]}`, string(s.Contract), "c_" + nothing},
		{http.MethodPost, "/v1/contracts/ID/approvals", `{"version":1}`, string(s.Contract), "c_" + nothing},
		{http.MethodPost, "/v1/contracts/ID/amendments", string(gatewaytest.Terms("MOTOR-1", s.Client, s.Provider)), string(s.Contract), "c_" + nothing},
		{http.MethodPost, "/v1/contracts/ID/suspension", `{"reason":"x"}`, string(s.Contract), "c_" + nothing},
		{http.MethodPost, "/v1/contracts/ID/exit", `{"reason":"x"}`, string(s.Contract), "c_" + nothing},
		{http.MethodPost, "/v1/contracts/ID/batches", `{"reference":"x"}`, string(s.Contract), "c_" + nothing},
		{http.MethodGet, "/v1/batches/ID", "", string(batch), "b_" + nothing},
		{http.MethodGet, "/v1/batches/ID/documents", "", string(batch), "b_" + nothing},
		{http.MethodPost, "/v1/batches/ID/assignments", `{"person":"p_` + nothing + `","all":true}`, string(batch), "b_" + nothing},
		{http.MethodPost, "/v1/assignments/ID/lease", "", string(assignment.ID), "a_" + nothing},
		{http.MethodGet, "/v1/documents/ID", "", string(documents[0].ID), "d_" + nothing},
		{http.MethodGet, "/v1/documents/ID/content", "", string(documents[0].ID), "d_" + nothing},
		{http.MethodGet, "/v1/policy/readers?contract=ID", "", string(s.Contract), "c_" + nothing},
		{http.MethodGet, "/v1/policy/readers?batch=ID", "", string(batch), "b_" + nothing},
		{http.MethodGet, "/v1/policy/readers?document=ID", "", string(documents[0].ID), "d_" + nothing},
		{http.MethodGet, "/v1/policy/past?on=2026-11-25&person=ID", "", string(s.Handler.Person), "p_" + nothing},
	} {
		h := header{}
		if strings.Contains(row.path, "amendments") {
			h["Content-Type"] = "application/yaml"
		}
		for _, who := range outsiders {
			if who.Person == s.Stranger.Person && strings.Contains(row.path, "person=") {
				continue // an outsider has no duty: refused before the object is looked up
			}
			theirs := s.call(t, who, row.method, strings.Replace(row.path, "ID", row.theirs, 1), row.body, h)
			missing := s.call(t, who, row.method, strings.Replace(row.path, "ID", row.missing, 1), row.body, h)
			wantProblem(t, theirs, http.StatusNotFound, "not-found")
			if a, b := anonymous(t, theirs), anonymous(t, missing); a != b {
				t.Errorf("%s %s: another's is %s\nwhat does not exist is %s", row.method, row.path, a, b)
			}
		}
	}
	for _, path := range []string{"/v1/contracts", "/v1/batches", "/v1/assignments"} {
		for _, who := range outsiders {
			text := string(s.call(t, who, http.MethodGet, path, "", nil).body)
			for _, id := range []string{string(s.Contract), string(batch), string(assignment.ID), string(s.Handler.Person), string(s.Client)} {
				// The outsider is under another contract of the same client, whose id is
				// in the answer.
				if strings.Contains(text, id) && !(who.Person == s.Stranger.Person && id == string(s.Client)) {
					t.Errorf("%s shows %s to %s", path, id, who.Person)
				}
			}
		}
	}
}

// anonymous is an answer with its headers, without the parts that differ in every answer.
func anonymous(t *testing.T, a answer) string {
	t.Helper()
	h := a.Header.Clone()
	h.Del("Request-Id")
	h.Del("Date")
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(a.body), a.Header.Get("Request-Id"), "") + string(text)
}
