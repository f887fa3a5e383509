package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// The client neither sends on nor hangs up. It gets its answer, and only the server can
// end the connection: on a connection that stays open, late bytes of the body would be
// taken for the next request.
func TestAStandingBodyHoldsNoConnection(t *testing.T) {
	s := serveWith(t, gatewaytest.New(t, gatewaytest.Config{}), briefly)
	batch := s.Open(t, "lot-1")
	post := "POST /v1/batches/" + string(batch) + "/seal HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " +
		s.token(t, s.System) + "\r\nContent-Type: application/json\r\n"
	for name, message := range map[string]string{
		"document":         s.rawPut(t, batch, "Content-Length: 100\r\n") + "only this",
		"document, chunks": s.rawPut(t, batch, "Transfer-Encoding: chunked\r\n") + "64\r\nonly this",
		"JSON":             post + "Content-Length: 100\r\n\r\n{",
		"JSON, chunks":     post + "Transfer-Encoding: chunked\r\n\r\n64\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			got := s.raw(t, message, false)
			if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, "\r\nConnection: close\r\n") || !strings.Contains(got, "body-interrupted") {
				t.Errorf("got %s", got)
			}
		})
	}
	wantEmpty(t, s, batch)
	if a := s.put(t, batch, "claim-1", "anything", "the whole of it", nil); a.StatusCode != http.StatusCreated {
		t.Errorf("sent again: got %d: %s", a.StatusCode, a.body)
	}
}
