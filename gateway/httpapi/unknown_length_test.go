package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// strict is a store that takes bodies of unknown size only up to a mebibyte.
type strict struct{ gateway.Objects }

// Put implements gateway.Objects.
func (s strict) Put(ctx context.Context, key string, body io.Reader, size int64) error {
	if size >= 0 {
		return s.Objects.Put(ctx, key, body, size)
	}
	held, err := io.ReadAll(io.LimitReader(body, 1<<20+1))
	switch {
	case err != nil:
		return err
	case len(held) > 1<<20:
		return fmt.Errorf("storing object: %w", gateway.ErrObjectTooLong)
	}
	return s.Objects.Put(ctx, key, strings.NewReader(string(held)), int64(len(held)))
}

// A chunked upload that is longer than the store takes without a length is refused with a
// clear reason, and none of it is kept. With its length the same document is accepted.
func TestAnUploadTooLongForNoLength(t *testing.T) {
	s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{Objects: strict{folderVault(t)}}))
	batch := s.Open(t, "lot-1")
	content := string(gatewaytest.Content("claim-1", 1<<20))
	path := "/v1/batches/" + string(batch) + "/documents/claim-1?class=anything"
	chunked := func(body string) answer {
		r := s.request(t, s.System, http.MethodPut, path, body, header{"Content-Type": "text/plain",
			"Content-Disposition": `attachment; filename="claim.txt"`})
		r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader(body)), -1, nil
		return s.do(t, r)
	}
	p := wantProblem(t, chunked(content), http.StatusLengthRequired, "length-required")
	if p.Field == nil || *p.Field != "Content-Length" {
		t.Errorf("the problem is with %v", p.Field)
	}
	for object, err := range s.Objects.List(t.Context(), "", "") {
		t.Errorf("kept: %+v, %v", object, err)
	}
	list, _, err := s.Gateway.AuditEvents(t.Context(), s.Officer, string(s.Client), gateway.EventQuery{Action: "document.receive", Limit: 1})
	if err != nil || len(list) != 1 || string(list[0].Phase)+" "+list[0].Reason != "aborted invalid-length-required" {
		t.Errorf("the ledger says %+v, %v", list, err)
	}
	if a := s.put(t, batch, "claim-1", "anything", content, nil); a.StatusCode != http.StatusCreated {
		t.Errorf("with its length: %d %s", a.StatusCode, a.body)
	}
	if a := chunked(content[:1000]); a.StatusCode != http.StatusConflict {
		t.Errorf("other bytes under the same reference: %d", a.StatusCode)
	}
}
