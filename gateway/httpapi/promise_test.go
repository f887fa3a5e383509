package httpapi_test

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// This is the first promise, over HTTP. With the sequencer stopped, every request that
// the matrix allows gets 503 on every route. So does every refused one, because a refusal
// too must be in the ledger. Only the public keys are free of this rule.
func TestWithoutTheLedgerNoRouteAnswers(t *testing.T) {
	const patience = 5 * time.Second // of the ledger: enough for a slow machine to set the scene
	s := serveHouse(t, gatewaytest.New(t, gatewaytest.Config{WaitTimeout: patience}))
	m, all := readMatrix(t), routes(t)
	ours := s.newSide(t, "A")
	fixtures := map[string]*fixture{}
	type question struct {
		at      cell
		request *http.Request
	}
	var questions []question
	for _, operation := range m.operations {
		for _, allowed := range []bool{true, false} {
			at, ok := m.find(operation, allowed)
			if !ok || operation == "getKeys" {
				continue
			}
			if fixtures[at.state] == nil {
				fixtures[at.state] = s.newFixture(t, ours, at.state)
			}
			s.furnish(t, all[operation], fixtures[at.state])
			questions = append(questions, question{at, s.ask(t, all[operation], at, ours.people[at.role], fixtures[at.state])})
		}
	}
	if len(questions) < 2*len(m.operations)-7 { // four listings and sign-in refuse no known person; the keys need no token
		t.Fatalf("only %d questions", len(questions))
	}
	before := objectsOf(t, s)

	s.StopSequencer()
	var wait sync.WaitGroup
	for _, q := range questions {
		wait.Go(func() { wantUnavailable(t, q.at, q.request) })
	}
	wait.Wait()
	if after := objectsOf(t, s); after != before {
		t.Errorf("%d objects, there were %d: an upload went on without its grant in the ledger", after, before)
	}
}

// find is a question that the matrix allows, or one that it refuses to a known person.
func (m matrix) find(operation string, allowed bool) (cell, bool) {
	for _, role := range roles {
		for _, state := range m.states[operation] {
			at := cell{operation, role, state}
			unusual := role == "anonymous" || role == "leaver" || slices.Contains([]string{"other", "missing", "expired", "operator"}, state)
			if !unusual && m.cells[at].allowed() == allowed {
				return at, true
			}
		}
	}
	return cell{}, false
}

func wantUnavailable(t *testing.T, at cell, r *http.Request) {
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Errorf("%v: %v", at, err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" ||
		r.Method != http.MethodHead && !bytes.Contains(body, []byte(api.ProblemPrefix+"unavailable")) {
		t.Errorf("%v: got %d %s, %v", at, response.StatusCode, body, err)
	}
}

// objectsOf counts the objects in the store.
func objectsOf(t *testing.T, s *service) (n int) {
	t.Helper()
	for _, err := range s.Objects.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// The contract is suspended while a large download runs, until the next check is due. The
// client sees a broken transfer, and the ledger has how many bytes left.
func TestASuspensionCutsADownload(t *testing.T) {
	const size = 8 << 20
	store := newTampering(t)
	s, d, content := leased(t, store, size)
	cut := make(chan struct{})
	store.pause(5<<20, cut)
	response, err := http.DefaultClient.Do(s.content(t, d))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.CopyN(io.Discard, response.Body, 1<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Gateway.SuspendContract(t.Context(), s.Manager, s.Contract, "incident"); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
	close(cut)
	rest, err := io.ReadAll(response.Body)
	if err != io.ErrUnexpectedEOF || len(rest) >= size-2<<20 {
		t.Errorf("got %d bytes more to %v, want a broken connection", len(rest), err)
	}
	if !bytes.HasPrefix(content[1<<20:], rest) {
		t.Error("the bytes are not the document's")
	}
	events, _, err := s.Gateway.AuditEvents(t.Context(), s.Officer, string(s.Client), gateway.EventQuery{Document: string(d.ID), Action: "document.read"})
	if err != nil || len(events) != 2 || events[0].Phase != "aborted" || events[0].Reason != "contract-suspended" || events[0].Bytes < 1<<20 || events[0].Bytes >= size {
		t.Errorf("the ledger says %+v, %v", events, err)
	}
}

// paused is a body that stands still until it is released.
type paused struct {
	io.ReadCloser
	left  int64
	until <-chan struct{}
}

func (p *paused) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if p.left -= int64(n); p.left < 0 {
		<-p.until
	}
	return n, err
}

// curl ends with an error, also where a client ignores the status.
func TestCurlSeesADamagedDownloadBreak(t *testing.T) {
	store := newTampering(t)
	s, d, _ := leased(t, store, 6<<20)
	if out, err := s.curl(t, d); err != nil {
		t.Fatalf("undamaged: %v: %s", err, out)
	}
	store.flip(5 << 20)
	if out, err := s.curl(t, d); err == nil || !bytes.Contains(out, []byte("(18)")) {
		t.Errorf("got %v: %s, want curl's error 18, a partial file", err, out)
	}
}

// curl downloads the document with curl and discards it.
func (s *service) curl(t *testing.T, d gateway.Document) ([]byte, error) {
	t.Helper()
	program := needs.Program(t, "curl", "", "Debian: apt-get install curl")
	return exec.CommandContext(t.Context(), program, "--silent", "--show-error", "--fail", "--output", "/dev/null",
		"--header", "Authorization: Bearer "+s.token(t, s.Handler), "--header", "X-Forwarded-For: "+gatewaytest.Address.String(),
		s.URL+"/v1/documents/"+string(d.ID)+"/content").CombinedOutput()
}
