package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/policy"
)

// couriers are the clients at work at the same time.
const couriers = 6

// served is an installation that a process of its own serves, with the facts that are
// known from outside.
type served struct {
	data     string
	contract gateway.ContractID
	client   gateway.OrganisationID
	people   map[string]gateway.Credential // by their work

	process *process
	address atomic.Pointer[string] // of the API, while it is served
	journal *journal

	// The checks go on from what the last one saw.
	answered    map[string]bool   // requests of which a ledger holds an allowed event
	seen        map[string]int64  // events, by ledger
	checkpoints map[string][]byte // by ledger
	phases      map[event.Phase]int
}

// newServed makes an installation with a contract and the people who work under it. url
// is PostgreSQL's, or empty.
func newServed(t *testing.T, starter config.Config, url string) *served {
	t.Helper()
	h := &served{data: t.TempDir(), people: map[string]gateway.Credential{}, journal: newJournal(), answered: map[string]bool{},
		seen: map[string]int64{}, checkpoints: map[string][]byte{}, phases: map[event.Phase]int{}}
	if url != "" {
		t.Setenv("BORDEREAU_DATABASE__URL", url) // of the processes too: a secret is in no file
	}
	starter.Listen = config.Listen{API: "127.0.0.1:0", Admin: "127.0.0.1:0"}
	starter.Ledger.Publish.Every = time.Second
	starter.Log.Format = config.JSON
	first := gateway.First{Organisation: "Operator", Country: "FR", Person: "Operator"}
	if err := initialise(t.Context(), h.where(), starter, first, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := onAudit(t.Context(), h.where(), func(ctx context.Context, in *installation.Installation) error { return h.settle(ctx, in.Gateway) }); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *served) where() where { return where{data: h.data} }

// settle makes the organisations, the people and the contract.
func (h *served) settle(ctx context.Context, g *gateway.Gateway) error {
	credential, err := readCredential(filepath.Join(h.data, credentialName))
	if err != nil {
		return err
	}
	operator := as(credential.Person)
	client, err := g.CreateOrganisation(ctx, operator, gateway.NewOrganisation{Kind: gateway.KindClient, Name: "Client", Country: "FR"})
	if err != nil {
		return err
	}
	provider, err := g.CreateOrganisation(ctx, operator, gateway.NewOrganisation{Kind: gateway.KindProvider, Name: "Provider", Country: "FR"})
	if err != nil {
		return err
	}
	h.client = client.ID
	join := func(name string, of gateway.OrganisationID, duties ...policy.Role) {
		if err != nil {
			return
		}
		var m gateway.Member
		if m, err = g.AddMember(ctx, operator, of, gateway.NewMember{Name: "Kim " + name, Duties: duties}); err == nil {
			h.people[name], err = g.IssueCredential(ctx, operator, m.ID)
		}
	}
	join("proposer", client.ID, policy.RoleContractManager)
	join("approver", client.ID, policy.RoleContractManager)
	join("officer", client.ID, policy.RoleComplianceOfficer)
	join("system", client.ID)
	join("manager", provider.ID)
	for i := range couriers {
		join(handlerName(i), provider.ID)
	}
	if err != nil {
		return err
	}
	return h.agree(ctx, g, provider.ID)
}

func handlerName(i int) string { return fmt.Sprint("handler-", i) }

// agree puts a contract in force whose ceilings nothing reaches, and gives all people
// their roles.
func (h *served) agree(ctx context.Context, g *gateway.Gateway, provider gateway.OrganisationID) error {
	terms := strings.ReplaceAll(string(gatewaytest.Unlimited(h.client, provider)), "192.0.2.0/24", "127.0.0.0/8")
	proposer := as(h.people["proposer"].Person)
	c, err := g.ProposeContract(ctx, proposer, []byte(terms))
	if err != nil {
		return err
	}
	h.contract = c.ID
	if _, err := g.ApproveContract(ctx, as(h.people["approver"].Person), c.ID, c.Version); err != nil {
		return err
	}
	roles := map[string]policy.Role{"system": policy.RoleClientSystem, "manager": policy.RoleProviderManager}
	for i := range couriers {
		roles[handlerName(i)] = policy.RoleHandler
	}
	for name, role := range roles {
		if _, err := g.GrantRole(ctx, proposer, c.ID, gateway.NewMembership{Person: h.people[name].Person, Role: role}); err != nil {
			return err
		}
	}
	return nil
}

func as(person gateway.PersonID) gateway.Caller {
	return gateway.Caller{Person: person, Auth: "test", Request: policy.NewID("q")}
}

// serve starts `bordereau serve` and returns when its log has the address.
func (h *served) serve(t *testing.T) {
	t.Helper()
	p := &process{command: exec.Command("bordereau", "serve", "--data", h.data), done: make(chan struct{})}
	log, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.command.Process.Kill(); <-p.done })
	h.process = p
	address := make(chan string, 1)
	go p.follow(log, address)
	select {
	case a := <-address:
		h.address.Store(&a)
	case <-p.done:
		t.Fatalf("bordereau serve ended:\n%s", p.said())
	case <-time.After(time.Minute):
		t.Fatalf("bordereau serve does not serve:\n%s", p.said())
	}
}

// process is a `bordereau serve` that runs.
type process struct {
	command *exec.Cmd
	done    chan struct{}            // closed once it has ended and its log is read
	last    atomic.Pointer[[]string] // lines of its log
}

// follow reads the log until the process ends, and sends the API's address when the log
// has it.
func (p *process) follow(log io.Reader, address chan<- string) {
	defer close(p.done)
	var last []string
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if !strings.Contains(lines.Text(), "(SQLSTATE 57P03)") { // PostgreSQL starts up: said at each try
			last = append(last[max(0, len(last)-20):], lines.Text())
		}
		kept := slices.Clone(last)
		p.last.Store(&kept)
		var entry struct{ Msg, API string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "serving" {
			address <- entry.API
		}
	}
	p.command.Wait()
}

func (p *process) said() string {
	if last := p.last.Load(); last != nil {
		return strings.Join(*last, "\n")
	}
	return ""
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
		t.Fatalf("bordereau serve had ended by itself:\n%s", p.said())
	default:
	}
	if err := p.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
}

// stop asks the process to end, which it does cleanly.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.done
	if code := p.command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("bordereau serve exits with %d:\n%s", code, p.said())
	}
}

// onDatabase opens what of the installation is about the ledgers.
func (h *served) onDatabase(t *testing.T, f func(in *installation.Installation)) {
	t.Helper()
	err := onLedger(t.Context(), h.where(), func(_ context.Context, in *installation.Installation) error {
		f(in)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check compares the ledgers with the acknowledged answers, with the published ledgers,
// and with their state at the last check.
func (h *served) check(t *testing.T) {
	t.Helper()
	acknowledged := h.journal.all()
	h.onDatabase(t, func(in *installation.Installation) {
		if err := in.CheckPublished(t.Context()); err != nil {
			t.Error(err)
		}
		ledgers, err := in.Ledger.Ledgers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, ledger := range ledgers {
			h.readOn(t, in, ledger)
			h.prove(t, in, ledger)
		}
	})
	for request, what := range acknowledged {
		if !h.answered[request] {
			t.Errorf("%s was answered with success, and no ledger knows request %s", what, request)
		}
	}
}

// prove verifies a ledger, against its checkpoint of the last check too.
func (h *served) prove(t *testing.T, in *installation.Installation, ledger string) {
	t.Helper()
	var older [][]byte
	if before := h.checkpoints[ledger]; before != nil {
		older = append(older, before)
	}
	checkpoint, err := in.Ledger.Checkpoint(t.Context(), ledger)
	if err != nil {
		t.Fatal(err)
	}
	report, err := verifyLedger(t.Context(), in, ledger, append(older, checkpoint))
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() {
		t.Errorf("ledger %s: %+v", ledger, report.Problems)
	}
	h.checkpoints[ledger] = checkpoint
}

// readOn reads the leaves that came since the last check.
func (h *served) readOn(t *testing.T, in *installation.Installation, ledger string) {
	t.Helper()
	for e := range h.leaves(t, in, ledger, h.seen[ledger]) {
		if e.Seq != h.seen[ledger] {
			t.Fatalf("ledger %s: event %d comes after %d", ledger, e.Seq, h.seen[ledger]-1)
		}
		h.seen[ledger]++
		h.phases[e.Phase]++
		if e.Outcome == event.OutcomeAllow && e.Request != "" {
			h.answered[e.Request] = true
		}
	}
}

func (h *served) leaves(t *testing.T, in *installation.Installation, ledger string, from int64) func(yield func(event.Event) bool) {
	return func(yield func(event.Event) bool) {
		rows, err := in.Database.Reader().QueryContext(t.Context(),
			`SELECT leaf FROM audit_event WHERE ledger = $1 AND seq >= $2 ORDER BY seq`, ledger, from)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var leaf []byte
			if err := rows.Scan(&leaf); err != nil {
				t.Fatal(err)
			}
			e, err := event.Parse(leaf)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(e) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkGrants wants an end of every access that was granted.
func (h *served) checkGrants(t *testing.T) {
	t.Helper()
	h.onDatabase(t, func(in *installation.Installation) {
		for ledger := range h.seen {
			open := map[string]int64{}
			for e := range h.leaves(t, in, ledger, 0) {
				switch {
				case e.Phase == event.PhaseGrant && e.Outcome == event.OutcomeAllow:
					open[e.ID] = e.Seq
				case e.Grant != "" && e.Outcome != event.OutcomeDeny:
					delete(open, e.Grant)
				}
			}
			for id, seq := range open {
				t.Errorf("ledger %s: the grant %s, event %d, has no end", ledger, id, seq)
			}
		}
	})
}

// checkPublished verifies with the command that an outsider uses, from the folder alone.
func (h *served) checkPublished(t *testing.T) {
	t.Helper()
	var dir string
	args := []string{"audit", "verify"}
	h.onDatabase(t, func(in *installation.Installation) {
		dir = in.Config.Ledger.Publish.Dir
		for ledger := range h.seen {
			args = append(args, "--key", in.Ledger.VerifierKey(ledger))
		}
	})
	out, err := exec.CommandContext(t.Context(), "bordereau", append(args, "--tiles", dir)...).CombinedOutput()
	if err != nil {
		t.Errorf("the published ledgers: %v\n%s", err, out)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) < len(h.seen) {
		t.Errorf("published are %v, %v", files, err)
	}
}

func (h *served) summary() string {
	var events int64
	for _, n := range h.seen {
		events += n
	}
	phases := make([]string, 0, len(h.phases))
	for _, phase := range slices.Sorted(maps.Keys(h.phases)) {
		phases = append(phases, fmt.Sprintf("%s %d", phase, h.phases[phase]))
	}
	return fmt.Sprintf("%d events in %d ledgers (%s), without a gap, verified after each kill", events, len(h.seen), strings.Join(phases, ", "))
}
