package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/policy"
)

// These kinds of problem belong to this package. The others have the names of package
// gateway.
const (
	kindBody            = "body"
	kindContentType     = "content-type"
	kindDenied          = "denied"
	kindFactMissing     = string(policy.ReasonFactMissing)
	kindInternal        = "internal"
	kindMethod          = "method-not-allowed"
	kindNotFound        = "not-found"
	kindParameter       = string(gateway.InvalidParameter)
	kindRange           = string(gateway.InvalidRange)
	kindTampered        = "tampered"
	kindTooLarge        = "too-large"
	kindUnauthenticated = "unauthenticated"
	kindUnavailable     = "unavailable"
)

// refusal is the refusal of a request that never reaches the gateway.
type refusal struct {
	kind   string
	field  string // the wrong parameter, header or member, if there is one
	detail string // one sentence that does not repeat the refused text
}

func (r *refusal) Error() string { return "refused: " + r.kind + ": " + r.field + " " + r.detail }

// retryAfter is the advice of a 503, in seconds.
const retryAfter = "5"

// describe gives the status and the title of a kind.
func describe(kind string) (status int, title string) {
	switch kind {
	case kindParameter, string(gateway.InvalidIdentifier), string(gateway.InvalidReference), kindBody:
		return http.StatusBadRequest, "The request is not well formed."
	case string(gateway.InvalidTerms):
		return http.StatusBadRequest, "The terms cannot be read."
	case string(gateway.InvalidDigestMismatch), string(gateway.InvalidLengthMismatch), string(gateway.InvalidBody):
		return http.StatusBadRequest, "The body did not arrive as announced. Nothing was kept."
	case string(gateway.InvalidDigest):
		return http.StatusBadRequest, "An announced digest cannot be checked. Nothing was kept."
	case string(gateway.InvalidNotWhole):
		return http.StatusBadRequest, "The body is not the whole document. Nothing was kept."
	case string(gateway.InvalidLengthRequired):
		return http.StatusLengthRequired, "The document is too large to be sent without its length. Nothing was kept."
	case string(gateway.InvalidIncomplete), string(gateway.InvalidUnenforceable):
		return http.StatusUnprocessableEntity, "The terms cannot be approved yet."
	case string(gateway.InvalidPackTooLarge):
		return http.StatusUnprocessableEntity, "The answer is too large for one evidence pack."
	case kindUnauthenticated:
		return http.StatusUnauthorized, "A valid access token is needed."
	case kindNotFound:
		return http.StatusNotFound, "It does not exist, or you may not see it."
	case kindMethod:
		return http.StatusMethodNotAllowed, "This method is not allowed here."
	case kindRange:
		return http.StatusRequestedRangeNotSatisfiable, "The document does not have these bytes."
	case kindTooLarge:
		return http.StatusRequestEntityTooLarge, "The body is too large."
	case kindContentType:
		return http.StatusUnsupportedMediaType, "This operation does not read the body's media type."
	case kindTampered:
		return http.StatusInternalServerError, "The stored document differs from the received one. Nothing was released."
	case kindFactMissing:
		return http.StatusInternalServerError, "The gateway did not read all that the decision needs, and denied the request. This is a defect of the gateway."
	case kindUnavailable:
		return http.StatusServiceUnavailable, "The gateway cannot do this at the moment. It is safe to repeat the request."
	default:
		return http.StatusInternalServerError, "The gateway failed."
	}
}

// deniedStatus is the status of a denial. A denial that the client can avoid with another
// body has the status for that.
func deniedStatus(reason policy.Reason) int {
	switch reason {
	case policy.ReasonTooLarge:
		return http.StatusRequestEntityTooLarge
	case policy.ReasonMediaType, policy.ReasonContent, policy.ReasonExecutable:
		return http.StatusUnsupportedMediaType
	case policy.ReasonUnknownClass, policy.ReasonEmptyDocument:
		return http.StatusUnprocessableEntity
	case policy.ReasonBatchState:
		return http.StatusConflict
	default:
		return http.StatusForbidden
	}
}

// problemOf is the one table from errors to problems.
func problemOf(err error) api.Problem {
	var denied *gateway.Denied
	var conflict *gateway.Conflict
	var invalid *gateway.Invalid
	var refused *refusal
	switch {
	case errors.As(err, &denied) && denied.Reason == policy.ReasonFactMissing:
		return plainProblem(kindFactMissing) // it is no statement about the act, and operators must see it
	case errors.As(err, &denied):
		return deniedProblem(denied)
	case errors.As(err, &conflict):
		return newProblem(string(conflict.Kind), http.StatusConflict, "The request conflicts with the present state.", "", conflict.Detail)
	case errors.As(err, &invalid):
		status, title := describe(string(invalid.Kind))
		if status >= http.StatusInternalServerError { // a kind newer than this table
			status, title = http.StatusBadRequest, "The request is not valid."
		}
		p := newProblem(string(invalid.Kind), status, title, invalid.Field, invalid.Detail)
		if len(invalid.Problems) > 0 {
			p.Errors = each(invalid.Problems, toTermsProblem)
		}
		return p
	case errors.As(err, &refused):
		status, title := describe(refused.kind)
		return newProblem(refused.kind, status, title, refused.field, refused.detail)
	case errors.Is(err, gateway.ErrNotFound):
		return plainProblem(kindNotFound)
	case errors.Is(err, gateway.ErrUnavailable):
		return plainProblem(kindUnavailable)
	case errors.Is(err, gateway.ErrTampered):
		return plainProblem(kindTampered)
	default:
		return plainProblem(kindInternal)
	}
}

func newProblem(kind string, status int, title, field, detail string) api.Problem {
	return api.Problem{Type: api.ProblemPrefix + kind, Title: title, Status: status, Field: orNil(field), Detail: orNil(detail)}
}

func plainProblem(kind string) api.Problem {
	status, title := describe(kind)
	return newProblem(kind, status, title, "", "")
}

func deniedProblem(d *gateway.Denied) api.Problem {
	p := newProblem(kindDenied, deniedStatus(d.Reason), "The contract, or a required duty, does not allow it.", "", d.Detail)
	switch d.Reason {
	case policy.ReasonMediaType:
		p.Field, p.Detail = orNil("Content-Type"), orNil("The class does not allow the declared media type. It allows those in `allowed`.")
	case policy.ReasonContent, policy.ReasonExecutable:
		p.Field = orNil("body")
	}
	p.Allowed = d.Allowed
	p.Reason, p.Contract, p.Clause = orNil(string(d.Reason)), orNil(string(d.Contract)), orNil(d.Clause)
	p.Version = orNil(d.Version)
	if c := d.Ceiling; c != nil {
		p.Limit, p.Used, p.Resets = &c.Limit, &c.Used, &c.Resets
	}
	return p
}

// problem answers with the problem of an error and ends the request. The answer must not
// have begun.
func (s *server) problem(c *gin.Context, err error) {
	p := problemOf(err)
	p.Request = requestID(c)
	kind := strings.TrimPrefix(p.Type, api.ProblemPrefix)
	reason := kind
	if p.Reason != nil {
		reason = *p.Reason
	}
	c.Set(reasonKey{}, [2]string{kind, reason})
	s.logProblem(c, p, err)
	h := c.Writer.Header()
	h.Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	closeUnread(c)
	text, marshalErr := json.Marshal(p)
	if marshalErr != nil { // never: it is made of texts and numbers
		panic(marshalErr)
	}
	c.Abort()
	c.Status(p.Status)
	_, _ = c.Writer.Write(text) // the client has gone
}

// logProblem logs failures of the gateway. Mistakes of clients are in the ledger, where
// they matter.
func (s *server) logProblem(c *gin.Context, p api.Problem, err error) {
	if p.Status < http.StatusInternalServerError || errors.Is(c.Request.Context().Err(), context.Canceled) {
		return
	}
	s.log.Error("request failed", "request", p.Request, "method", c.Request.Method, "route", c.FullPath(),
		"status", p.Status, "error", err)
}

// closeUnread ends the connection after a refusal if much of the body may be unread. A
// client that waits for "100 Continue" would otherwise send gigabytes in vain. The
// deadline stops net/http, which reads on for a while even when the connection is to be
// closed.
func closeUnread(c *gin.Context) {
	r := c.Request
	if r.ProtoMajor == 1 && (r.ContentLength < 0 || r.ContentLength > maxJSON || r.Header.Get("Expect") != "") {
		hangUp(c.Writer)
	}
}

// orNil is nil for a value that does not apply, so that the answer leaves it out.
func orNil[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}
