package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/policy"
)

// Served describes a request whose answer has ended. It has ids and words of ours, and no
// text of a user.
type Served struct {
	Request string          // its id
	Person  policy.PersonID // empty when no valid token came
	Method  string          // of HTTP, or OTHER
	Route   string          // its template, or none
	Status  int
	Outcome string // see outcomeOf
	Reason  string // of a refusal or failure: of the policy, or the kind of problem
	In, Out int64  // bytes of the body that were read, and of the answer that were written
	Took    time.Duration
}

// The outcomes of requests.
const (
	OutcomeOK          = "ok"
	OutcomeDenied      = "denied"      // by a contract or for a missing duty
	OutcomeRefused     = "refused"     // the request is wrong, or comes without a valid token
	OutcomeUnavailable = "unavailable" // 503
	OutcomeFailed      = "failed"      // the gateway is at fault
	OutcomeCut         = "cut"         // the answer was broken off
)

// reasonKey is the key of the reason in the gin context.
type reasonKey struct{}

// outcomeOf judges an answer. whole is false for one that was broken off.
func outcomeOf(status int, whole, denied bool) string {
	switch {
	case !whole:
		return OutcomeCut
	case status < http.StatusBadRequest:
		return OutcomeOK
	case status == http.StatusServiceUnavailable:
		return OutcomeUnavailable
	case status >= http.StatusInternalServerError:
		return OutcomeFailed
	case denied:
		return OutcomeDenied
	default:
		return OutcomeRefused
	}
}

// observe tells how the request ended, in the log and to Config.Served. The log names the
// route, never the path: a path is the client's text.
func (s *server) observe(c *gin.Context, began time.Time, in *countedBody, whole bool) {
	kind, reason := "", ""
	if why, ok := c.Get(reasonKey{}); ok {
		kind, reason = why.([2]string)[0], why.([2]string)[1]
	}
	d := Served{Request: requestID(c), Method: methodOf(c.Request.Method), Route: c.FullPath(), Status: c.Writer.Status(),
		Reason: reason, In: in.n, Out: int64(max(0, c.Writer.Size())), Took: time.Since(began)}
	d.Outcome = outcomeOf(d.Status, whole, kind == kindDenied)
	if d.Route == "" {
		d.Route = "none"
	}
	if caller, ok := c.Get(callerKey{}); ok {
		d.Person = caller.(gateway.Caller).Person
	}
	if s.served != nil {
		s.served(d)
	}
	logRequest(s.log, &s.anonymous, d, time.Now())
}

// logRequest writes one line a request. A request without a valid token costs its sender
// nothing, so a flood of them may not fill the disk: beyond a few a second they are
// counted, and the next line says how many were left out.
func logRequest(log *slog.Logger, without *bucket, d Served, now time.Time) {
	attributes := []slog.Attr{slog.String("request", d.Request), slog.String("method", d.Method), slog.String("route", d.Route),
		slog.Int("status", d.Status), slog.String("outcome", d.Outcome)}
	if d.Reason != "" {
		attributes = append(attributes, slog.String("reason", d.Reason))
	}
	if d.Person != "" {
		attributes = append(attributes, slog.String("person", string(d.Person)))
	} else if d.Status >= http.StatusBadRequest {
		allowed, left := without.take(now)
		if !allowed {
			return
		}
		if left > 0 {
			attributes = append(attributes, slog.Int64("left-out", left))
		}
	}
	attributes = append(attributes, slog.Int64("in", d.In), slog.Int64("out", d.Out), slog.Int64("ms", d.Took.Milliseconds()))
	log.LogAttrs(context.Background(), slog.LevelInfo, "request", attributes...)
}

// methodOf keeps the methods of HTTP apart, and all others together: a client may send
// any text.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions:
		return method
	}
	return "OTHER"
}

// countedBody counts what is read of a body.
type countedBody struct {
	io.ReadCloser
	n int64
}

// Read implements io.Reader.
func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	return n, err
}

// The lines of requests without a valid token: that many at once, and one more for each
// pause.
const (
	anonymousLines = 20
	anonymousPause = time.Second
)

// bucket is a token bucket that counts what it refuses.
type bucket struct {
	mu   sync.Mutex
	used int
	last time.Time
	left int64
}

// take says whether one more is allowed, and how many were refused since the last one
// that was.
func (b *bucket) take(now time.Time) (allowed bool, left int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if back := int(now.Sub(b.last) / anonymousPause); back > 0 {
		b.used, b.last = max(0, b.used-back), now
	}
	if b.used >= anonymousLines {
		b.left++
		return false, 0
	}
	b.used++
	left, b.left = b.left, 0
	return true, left
}
