package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

const (
	// retryPause is between two tries at a gateway that is away.
	retryPause = 20 * time.Millisecond
	// parkedFor is after how long an upload that was cut is tried again: until then the
	// gateway takes it for one that runs.
	parkedFor = 31 * time.Second
	// answerTimeout ends a request at a gateway that was killed with its connection open,
	// or hangs.
	answerTimeout = 30 * time.Second
	// tokenAge is when a token is replaced, well before its end.
	tokenAge = 5 * time.Minute
)

// journal has the answers of success, by the request's identifier. The header is enough:
// it must not come before the event is durable.
type journal struct {
	mu       sync.Mutex
	answers  map[string]string // what was asked, by request
	kinds    map[string]int
	failures map[string]int
}

func newJournal() *journal {
	return &journal{answers: map[string]string{}, kinds: map[string]int{}, failures: map[string]int{}}
}

func (j *journal) note(r *http.Request, response *http.Response, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case err != nil:
		j.failures["no answer"]++
	case response.StatusCode >= 300:
		j.failures[fmt.Sprint(response.StatusCode)]++
	default:
		j.answers[response.Header.Get("Request-Id")] = r.Method + " " + r.URL.Path
		j.kinds[kindOf(r)]++
	}
}

// kindOf is the request without what names one thing among many: identifiers and
// references.
func kindOf(r *http.Request) string {
	parts := slices.DeleteFunc(strings.Split(r.URL.Path, "/"), func(part string) bool {
		return strings.Contains(part, "_") || strings.HasPrefix(part, "lot-")
	})
	return r.Method + " " + strings.Join(parts, "/")
}

func (j *journal) all() map[string]string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.answers)
}

func (j *journal) summary() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return fmt.Sprintf("%d answers of success, each with its event in a ledger: %v; others: %v", len(j.answers), j.kinds, j.failures)
}

// load is the clients at work.
type load struct {
	t       *testing.T
	house   *served
	client  *api.ClientWithResponses
	raw     *api.Client
	journal *journal
	failed  chan error // the first answer that should not be

	finishing context.CancelFunc // from then on nothing new is begun
	begun     context.Context
	group     *errgroup.Group
	couriers  []*courier

	mu     sync.Mutex
	tokens map[string]token // by name; owned by mu
}

type token struct {
	text  string
	since time.Time
}

func (h *served) startLoad(t *testing.T) *load {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: couriers, ResponseHeaderTimeout: answerTimeout}
	t.Cleanup(transport.CloseIdleConnections)
	raw, err := api.NewClient("http://gateway", api.WithHTTPClient(&http.Client{Transport: toServed{h, transport}, Timeout: 2 * answerTimeout}))
	if err != nil {
		t.Fatal(err)
	}
	l := &load{t: t, house: h, raw: raw, client: &api.ClientWithResponses{ClientInterface: raw}, journal: h.journal,
		failed: make(chan error, couriers), tokens: map[string]token{}}
	l.begun, l.finishing = context.WithCancel(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	l.group, ctx = errgroup.WithContext(ctx)
	for i := range couriers {
		c := &courier{load: l, number: i}
		l.couriers = append(l.couriers, c)
		l.group.Go(func() error {
			err := c.work(ctx)
			if err != nil {
				l.failed <- err
			}
			return err
		})
	}
	return l
}

// toServed sends requests to the gateway's present address, and notes the answers.
type toServed struct {
	house *served
	under http.RoundTripper
}

func (s toServed) RoundTrip(r *http.Request) (*http.Response, error) {
	there := r.Clone(r.Context())
	there.URL.Host = *s.house.address.Load()
	there.Host = there.URL.Host
	response, err := s.under.RoundTrip(there)
	s.house.journal.note(r, response, err)
	return response, err
}

// finish lets the couriers end what they have begun.
func (l *load) finish() error {
	l.finishing()
	return l.group.Wait()
}

// as signs the request in as a person.
func (l *load) as(name string) api.RequestEditorFn {
	return func(ctx context.Context, r *http.Request) error {
		text, err := l.token(ctx, name)
		if err != nil {
			return err
		}
		return api.Bearer(text)(ctx, r)
	}
}

func (l *load) token(ctx context.Context, name string) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held := l.tokens[name]; time.Since(held.since) < tokenAge && held.text != "" {
		return held.text, nil
	}
	credential := l.house.people[name]
	t, err := api.SignIn(ctx, l.raw, api.PersonID(credential.Person), credential.Secret)
	if err != nil {
		return "", err
	}
	l.tokens[name] = token{t.AccessToken, time.Now()}
	return t.AccessToken, nil
}

// courier takes one batch after the other through its life. It repeats requests that fail
// while the gateway is away, as a client has to.
type courier struct {
	*load
	number int
	begunN int
	parked []*shipment
	done   []*shipment
}

// shipment is a batch on its way.
type shipment struct {
	reference  string
	batch      string
	documents  []*shipped
	sealed     bool
	assignment string
	leased     bool
	asked      bool
	until      time.Time // parked until then
}

type shipped struct {
	reference string
	content   []byte
	id        string
	read      bool
}

func (c *courier) work(ctx context.Context) error {
	for {
		s := c.next()
		if s == nil {
			return nil
		}
		if wait := time.Until(s.until); wait > 0 && !sleep(ctx, wait) {
			return ctx.Err()
		}
		for step := c.step(s); step != nil; step = c.step(s) {
			err := step(ctx)
			if problemKind(err) == "upload-in-progress" {
				s.until = time.Now().Add(parkedFor)
				c.parked = append(c.parked, s)
				break
			}
			if err != nil && !away(err) {
				return fmt.Errorf("batch %s: %w", s.reference, err)
			}
			if err != nil && !sleep(ctx, retryPause) {
				return ctx.Err()
			}
		}
		if c.step(s) != nil {
			continue
		}
		c.done = append(c.done, s)
		earlier := c.done[rand.IntN(len(c.done))]
		if err := c.fetch(ctx, earlier.documents[rand.IntN(len(earlier.documents))]); err != nil && !away(err) {
			return fmt.Errorf("batch %s again: %w", earlier.reference, err)
		}
	}
}

// next is a shipment that has waited long enough, or a new one. At the end it gives the
// remaining ones, and then nil.
func (c *courier) next() *shipment {
	ending := c.begun.Err() != nil
	if len(c.parked) > 0 && (ending || time.Now().After(c.parked[0].until)) {
		s := c.parked[0]
		c.parked = c.parked[1:]
		return s
	}
	if ending {
		return nil
	}
	c.begunN++
	s := &shipment{reference: fmt.Sprintf("lot-%d-%d", c.number, c.begunN)}
	for i := range 1 + rand.IntN(4) {
		reference := fmt.Sprintf("%s-%d", s.reference, i)
		size := rand.IntN(64 << 10)
		if rand.IntN(8) == 0 {
			size = 1<<20 + rand.IntN(1<<20)
		}
		s.documents = append(s.documents, &shipped{reference: reference, content: gatewaytest.Content(reference, size)})
	}
	return s
}

// step is the next step of the shipment, or nil when all is done.
func (c *courier) step(s *shipment) func(ctx context.Context) error {
	bind := func(f func(context.Context, *shipment) error) func(context.Context) error {
		return func(ctx context.Context) error { return f(ctx, s) }
	}
	if s.batch == "" {
		return bind(c.open)
	}
	for _, d := range s.documents {
		if d.id == "" {
			return func(ctx context.Context) error { return c.send(ctx, s, d) }
		}
	}
	switch {
	case !s.sealed:
		return bind(c.seal)
	case s.assignment == "":
		return bind(c.assign)
	case !s.leased:
		return bind(c.lease)
	}
	for _, d := range s.documents {
		if !d.read {
			return func(ctx context.Context) error { return c.fetch(ctx, d) }
		}
	}
	if !s.asked {
		return bind(c.ask)
	}
	return nil
}

func (c *courier) open(ctx context.Context, s *shipment) error {
	r, err := c.client.OpenBatchWithResponse(ctx, string(c.house.contract), api.NewBatch{Reference: s.reference}, c.as("system"))
	if err != nil {
		return err
	}
	b, err := api.Answer(r.HTTPResponse, cmp.Or(r.JSON201, r.JSON200), r.ApplicationProblemJSONDefault) // 200: opened before the kill
	s.batch = b.ID
	return err
}

func (c *courier) send(ctx context.Context, s *shipment, d *shipped) error {
	digest := sha256.Sum256(d.content)
	up, err := api.Send(ctx, c.raw, api.NewDocument{Batch: s.batch, Reference: d.reference, Class: "anything", MediaType: "text/plain",
		FileName: d.reference + ".txt", Size: int64(len(d.content)), SHA256: digest[:]}, bytes.NewReader(d.content), c.as("system"))
	d.id = up.Document.ID
	return err
}

func (c *courier) seal(ctx context.Context, s *shipment) error {
	m := api.Manifest{Documents: int64(len(s.documents))}
	for _, d := range s.documents {
		m.Bytes += int64(len(d.content))
	}
	r, err := c.client.SealBatchWithResponse(ctx, s.batch, m, c.as("system"))
	if err != nil {
		return err
	}
	_, err = api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
	s.sealed = err == nil
	return err
}

func (c *courier) assign(ctx context.Context, s *shipment) error {
	person := c.house.people[handlerName(c.number)].Person
	r, err := c.client.AssignDocumentsWithResponse(ctx, s.batch, api.NewAssignment{Person: string(person), All: true}, c.as("manager"))
	if err != nil {
		return err
	}
	a, err := api.Answer(r.HTTPResponse, r.JSON201, r.ApplicationProblemJSONDefault)
	if problemKind(err) == "already-assigned" { // by the try whose answer was lost
		return c.findAssignment(ctx, s)
	}
	s.assignment = a.ID
	return err
}

func (c *courier) findAssignment(ctx context.Context, s *shipment) error {
	var after *string
	for {
		r, err := c.client.ListAssignmentsWithResponse(ctx, &api.ListAssignmentsParams{After: after}, c.as(handlerName(c.number)))
		if err != nil {
			return err
		}
		page, err := api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
		if err != nil {
			return err
		}
		for _, a := range page.Items {
			if a.Batch == s.batch {
				s.assignment = a.ID
				return nil
			}
		}
		if page.Next == nil {
			return errors.New("it is assigned already, and nobody has the assignment")
		}
		after = page.Next
	}
}

func (c *courier) lease(ctx context.Context, s *shipment) error {
	r, err := c.client.TakeLeaseWithResponse(ctx, s.assignment, c.as(handlerName(c.number)))
	if err != nil {
		return err
	}
	_, err = api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
	s.leased = err == nil
	return err
}

func (c *courier) fetch(ctx context.Context, d *shipped) error {
	download, err := api.Fetch(ctx, c.raw, d.id, c.as(handlerName(c.number)))
	if err != nil {
		return err
	}
	defer download.Close()
	content, err := io.ReadAll(download)
	if err == nil && !bytes.Equal(content, d.content) {
		return fmt.Errorf("document %s (%s) is not what was sent", d.id, d.reference)
	}
	d.read = err == nil
	return err
}

// ask expects in the ledger that each document was received and that its reading was
// granted.
func (c *courier) ask(ctx context.Context, s *shipment) error {
	limit := api.Limit(500)
	r, err := c.client.ListEventsWithResponse(ctx, &api.ListEventsParams{Ledger: string(c.house.client), Batch: &s.batch, Limit: &limit}, c.as("officer"))
	if err != nil {
		return err
	}
	page, err := api.Answer(r.HTTPResponse, r.JSON200, r.ApplicationProblemJSONDefault)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, e := range page.Items {
		if e.Outcome == api.OutcomeAllow {
			told[e.Document+" "+e.Action+" "+string(e.Phase)] = true
		}
	}
	for _, d := range s.documents {
		for _, what := range []string{" document.receive completed", " document.read grant"} {
			if !told[d.id+what] {
				return fmt.Errorf("the ledger does not tell of %s:%s", d.reference, what)
			}
		}
	}
	s.asked = true
	return nil
}

// compareAll reads every document that was acknowledged, once more, and compares it byte
// for byte.
func (l *load) compareAll(t *testing.T) {
	t.Helper()
	documents, size := 0, 0
	for _, c := range l.couriers {
		for _, s := range c.done {
			for _, d := range s.documents {
				if err := c.fetch(t.Context(), d); err != nil {
					t.Errorf("%s: %v", d.reference, err)
				}
				documents++
				size += len(d.content)
			}
		}
	}
	t.Logf("%d documents in %d batches, %d MiB, read back byte for byte", documents, l.batches(), size>>20)
}

func (l *load) batches() int {
	n := 0
	for _, c := range l.couriers {
		n += len(c.done)
	}
	return n
}

// away says whether the error is one after which a client tries again: no answer, half an
// answer, or that the gateway cannot now.
func away(err error) bool {
	var problem *api.Problem
	if errors.As(err, &problem) {
		return problem.Status == http.StatusServiceUnavailable
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

func problemKind(err error) string {
	var problem *api.Problem
	if errors.As(err, &problem) {
		return problem.Kind()
	}
	return ""
}

// sleep waits and says whether the whole time has passed.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
