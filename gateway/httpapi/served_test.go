package httpapi_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/httpapi"
)

// Each request that ended is told once, with ids and words of ours alone.
func TestWhatIsToldOfRequests(t *testing.T) {
	s := serve(t)
	batch, documents := s.Sent(t, 1)
	s.Taken(t, batch)
	body := gatewaytest.Content("the-body", 300)
	content := "/v1/documents/" + string(documents[0].ID) + "/content"
	upload := "/v1/batches/" + string(s.Open(t, "second")) + "/documents/secret-reference?class=anything"
	before := len(s.Served())
	s.call(t, s.System, http.MethodPut, upload, string(body), header{"Content-Type": "text/plain", "Content-Disposition": `attachment; filename="Jean Secret.pdf"`})
	s.call(t, s.Handler, http.MethodGet, content, "", nil)
	s.call(t, s.Manager, http.MethodGet, content, "", nil)
	s.call(t, s.Handler, http.MethodGet, "/v1/batches?secret=1", "", nil)
	s.call(t, s.Handler, http.MethodGet, "/secret/path", "", nil)
	s.call(t, s.Handler, "SECRET", "/v1/batches", "", nil)
	s.call(t, s.System, http.MethodGet, "/v1/batches", "", header{"Authorization": "Bearer secret.token.here"})
	s.call(t, s.System, http.MethodPost, "/oauth/token", "grant_type=client_credentials&client_id=secret-id&client_secret=secret", header{
		"Authorization": "", "Content-Type": "application/x-www-form-urlencoded"})
	want := []httpapi.Served{
		{Person: s.System.Person, Method: "PUT", Route: "/v1/batches/:batch/documents/:reference", Status: 201, Outcome: "ok", In: 300},
		{Person: s.Handler.Person, Method: "GET", Route: "/v1/documents/:document/content", Status: 200, Outcome: "ok", Out: documents[0].Size},
		{Person: s.Manager.Person, Method: "GET", Route: "/v1/documents/:document/content", Status: 403, Outcome: "denied", Reason: "no-role"},
		{Person: s.Handler.Person, Method: "GET", Route: "/v1/batches", Status: 400, Outcome: "refused", Reason: "parameter"},
		{Method: "GET", Route: "none", Status: 404, Outcome: "refused", Reason: "not-found"},
		{Method: "OTHER", Route: "none", Status: 405, Outcome: "refused", Reason: "method-not-allowed"},
		{Method: "GET", Route: "/v1/batches", Status: 401, Outcome: "refused", Reason: "unauthenticated"},
		{Method: "POST", Route: "/oauth/token", Status: 401, Outcome: "refused", Reason: "invalid_client", In: 70},
	}
	got := s.Served()[before:]
	for i := range got {
		if got[i].Request == "" || got[i].Took <= 0 {
			t.Errorf("%+v", got[i])
		}
		if want := want[i]; want.Out == 0 && got[i].Out > 0 { // the size of JSON
			got[i].Out = 0
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(httpapi.Served{}, "Request", "Took")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text := strings.ToLower(fmt.Sprintf("%+v", got)); strings.Contains(text, "secret") {
		t.Errorf("a text of a user is told: %s", text)
	}
}

// The log has one line for each request of a person. Requests without a valid token,
// which cost their sender nothing, are counted beyond the first.
func TestAFloodOfRefusalsDoesNotFillTheDisk(t *testing.T) {
	var text bytes.Buffer
	log := httpapi.NewRequestLog(slog.New(slog.NewTextHandler(&text, nil)))
	at := time.Now()
	for range 1000 {
		log(httpapi.Served{Request: "q_1", Route: "/oauth/token", Status: 401, Outcome: "refused"}, at)
	}
	if n := strings.Count(text.String(), "msg=request"); n != 20 {
		t.Errorf("%d lines of 1000 requests", n)
	}
	text.Reset()
	for range 1000 {
		log(httpapi.Served{Request: "q_2", Person: "p_1", Route: "/v1/batches", Status: 403, Outcome: "denied", Reason: "no-role", In: 1, Out: 2,
			Took: 1500 * time.Microsecond}, at)
	}
	if n := strings.Count(text.String(), "request=q_2 method=\"\" route=/v1/batches status=403 outcome=denied reason=no-role person=p_1 in=1 out=2 ms=1\n"); n != 1000 {
		t.Errorf("%d lines of 1000 requests of a person: %.300s", n, text.String())
	}
	text.Reset()
	log(httpapi.Served{Request: "q_3", Route: "/oauth/token", Status: 401, Outcome: "refused"}, at.Add(time.Second))
	if !strings.Contains(text.String(), "left-out=980") {
		t.Errorf("the next line does not say what was left out: %s", text.String())
	}
}
