package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/policy"
)

// The folder of the worked examples.
const examples = "../../docs/examples/contracts"

// example has the play of one of the worked contracts: the document, the address of its
// reader, and the requests that this contract refuses and others allow.
type example struct {
	class, mediaType, name string
	content                []byte
	from                   string // an address of one of the contract's sites
	site                   string // which one
	refused                func(t *testing.T, p *played)
}

// plays are the examples, by their files. It is Wednesday, 25 November 2026, 09:30 UTC,
// when each begins.
var plays = map[string]example{
	// The desk works on weekdays and on Saturday mornings, on the clocks of Paris.
	"motor-claims.yaml": {"claim-form", "application/pdf", "Constat amiable.pdf", pdf, "198.51.100.20", "lyon", func(t *testing.T, p *played) {
		p.wantRead(t, "192.0.2.7", "tunis")
		p.Clock.Advance(72*time.Hour + 30*time.Minute) // Saturday, 11:00 in Paris
		p.lease(t)
		p.wantRead(t, p.from, p.site)
		p.Clock.Advance(time.Hour) // noon
		p.wantRefused(t, p.from, policy.ReasonHours)
		_, _, err := api.Read[api.Assignment](p.handler(p.from).TakeLease(t.Context(), p.assignment))
		wantReason(t, err, policy.ReasonHours)
	}},
	// A person reads up to a ceiling in a day. It is evening in Nouméa, and the day of a
	// shift over midnight is the shift's.
	"cheques.yaml": {"bordereau", "text/csv", "Bordereau.csv", bytes.Repeat([]byte("2303655;12000;XPF\n"), 16<<20/18), "2001:db8:11::7", "noumea", func(t *testing.T, p *played) {
		p.wantRead(t, p.from, p.site) // the second time
		p.wantRefused(t, p.from, policy.ReasonCeilingBytes)
		p.Clock.Advance(3*time.Hour + 31*time.Minute) // past midnight there, and still within the night's hours
		p.wantRefused(t, p.from, policy.ReasonCeilingBytes)
		p.Clock.Advance(5 * time.Hour) // past five in the morning
		p.wantRefused(t, p.from, policy.ReasonHours)
		p.Clock.Advance(13 * time.Hour) // the next evening
		p.lease(t)
		p.wantRead(t, p.from, p.site)
	}},
	// Offshore, round the clock, and never anything of a category that the contract bans.
	"customer-service.yaml": {"letter", "application/pdf", "Réclamation.pdf", pdf, "192.0.2.7", "antananarivo", func(t *testing.T, p *played) {
		p.wantRefused(t, "198.51.100.20", policy.ReasonSite) // the client's own city is no site
		p.Clock.Advance(16 * time.Hour)                      // the sub-processor's night
		p.lease(t)
		p.wantRead(t, "192.0.2.200", "port-louis")
		banned := strings.Replace(p.terms, "classes:\n", "classes:\n  passport: {media-types: [image/jpeg], max-bytes: 1, data-categories: [identity-document]}\n", 1)
		file := write(t, "banned.yaml", banned)
		line := 1 + strings.Count(banned[:strings.Index(banned, "passport")], "\n")
		out := p.cli(t, exitFailed, p.manager, "contract", "amend", p.contract, file)
		if want := termsLine(file, line, "classes.passport.data-categories", "names a category"); !strings.Contains(out, want) {
			t.Errorf("got %s, want %s", out, want)
		}
	}},
	// Work that began before the contract's end is finished within the days of the
	// wind-down, and no new work begins.
	"loyalty-statements.yaml": {"statement", "text/csv", "Relevé n° 1.csv", []byte("carte;points\n1;20\n"), "192.0.2.7", "port-louis", func(t *testing.T, p *played) {
		p.Clock.Advance(40 * 24 * time.Hour) // 4 January
		p.lease(t)
		p.wantRead(t, p.from, p.site)
		_, _, err := api.Read[api.Batch](p.as(p.system, p.from).OpenBatch(t.Context(), p.contract, api.NewBatch{Reference: "late"}))
		wantReason(t, err, policy.ReasonContractExpired)
		p.Clock.Advance(7 * 24 * time.Hour) // the eleventh day
		p.wantRefused(t, p.from, policy.ReasonWindDownOver)
	}},
	// Any kind of file but programs, from the office or its VPN, with short leases.
	"it-log-extracts.json": {"log-extract", "application/x-nonsense", "core.7341", []byte("\x00core extract"), "192.0.2.250", "vpn", func(t *testing.T, p *played) {
		p.wantRead(t, "192.0.2.7", "office")
		p.Clock.Advance(91 * time.Minute)
		p.wantRefused(t, p.from, policy.ReasonLeaseExpired)
		p.lease(t)
		p.wantRead(t, p.from, p.site)
	}},
}

var pdf = []byte("%PDF-1.7\nsynthetic\n%%EOF\n")

// TestTheExamples plays every worked contract of docs/examples: proposed and approved on
// the command line, and then a batch is sent, assigned, taken in charge and read over
// HTTP, from one of the contract's sites within its hours.
func TestTheExamples(t *testing.T) {
	needs.NoRace(t, "it runs other processes")
	needs.Alone(t)
	files, err := os.ReadDir(examples)
	if err != nil || len(files) != len(plays) {
		t.Fatalf("%d examples are played, there are %d: %v", len(plays), len(files), err)
	}
	for _, file := range files {
		e, ok := plays[file.Name()]
		if !ok {
			t.Errorf("%s is not played", file.Name())
			continue
		}
		t.Run(file.Name(), func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				p := play(t, gatewaytest.New(t, gatewaytest.Config{Database: db}), file.Name(), e)
				p.wantRead(t, e.from, e.site)
				e.refused(t, p)
			})
		})
	}
}

// played is an example that has come as far as its first reading.
type played struct {
	example
	*gatewaytest.House
	url    string
	issuer *identity.Issuer

	terms                                          string
	contract, assignment, document                 string
	client, manager, officer, system, lead, reader string
}

func play(t *testing.T, house *gatewaytest.House, file string, e example) *played {
	p := &played{example: e, House: house}
	p.serve(t)
	client, provider := house.Organisation(t, gateway.KindClient, "Client"), house.Organisation(t, gateway.KindProvider, "Provider")
	person := func(o gateway.OrganisationID, name string, duties ...policy.Role) string {
		return string(house.Person(t, o, name, duties...).Person)
	}
	p.client = string(client)
	p.manager, p.officer = person(client, "Mona", policy.RoleContractManager), person(client, "Odile", policy.RoleComplianceOfficer)
	approver := person(client, "Alix", policy.RoleContractManager)
	p.system, p.lead, p.reader = person(client, "Claims system"), person(provider, "Paul"), person(provider, "Hana")

	p.propose(t, file, client, provider, approver)
	p.send(t)
	p.lease(t)
	return p
}

// propose makes the contract of the example on the command line, by two people, and gives
// the others their roles.
func (p *played) propose(t *testing.T, file string, client, provider gateway.OrganisationID, approver string) {
	text, err := os.ReadFile(filepath.Join(examples, file))
	if err != nil {
		t.Fatal(err)
	}
	p.terms = strings.NewReplacer("o_"+strings.Repeat("a", 26), string(client), "o_"+strings.Repeat("b", 26), string(provider),
		"bytes-per-day: 2147483648", "bytes-per-day: 33554432"). // which a test reaches in seconds
		Replace(string(text))
	terms := write(t, file, p.terms)
	p.cli(t, exitDone, p.manager, "contract", "check", terms)
	var c api.Contract
	if err := json.Unmarshal([]byte(p.cli(t, exitDone, p.manager, "contract", "propose", terms, "--json")), &c); err != nil {
		t.Fatal(err)
	}
	p.contract = c.ID
	if c.Terms != p.terms || len(c.Missing) > 0 {
		t.Errorf("got %+v", c)
	}
	if out := p.cli(t, exitFailed, p.manager, "contract", "approve", c.ID, "--version", "1"); !strings.Contains(out, string(policy.ReasonSamePerson)) {
		t.Errorf("the person who proposed approves: %s", out)
	}
	p.cli(t, exitDone, approver, "contract", "approve", c.ID, "--version", "1")
	for person, role := range map[string]api.Role{p.system: api.RoleClientSystem, p.lead: api.RoleProviderManager, p.reader: api.RoleHandler} {
		p.cli(t, exitDone, p.manager, "contract", "member", "grant", c.ID, "--person", person, "--role", string(role))
	}
}

// send sends the example's document in a batch, seals it, and has it assigned.
func (p *played) send(t *testing.T) {
	ctx, system := t.Context(), p.as(p.system, "203.0.113.9") // a client's system sends from where it likes
	batch, _, err := api.Read[api.Batch](system.OpenBatch(ctx, p.contract, api.NewBatch{Reference: "lot-1"}))
	if err != nil {
		t.Fatal(err)
	}
	digest, size := sha256.Sum256(p.content), int64(len(p.content))
	sent, err := api.Send(ctx, system, api.NewDocument{Batch: batch.ID, Reference: "one", Class: p.class, MediaType: p.mediaType,
		FileName: p.name, Size: size, SHA256: digest[:]}, bytes.NewReader(p.content))
	if err != nil {
		t.Fatal(err)
	}
	p.document = sent.Document.ID
	if _, _, err = api.Read[api.Batch](system.SealBatch(ctx, batch.ID, api.Manifest{Documents: 1, Bytes: size})); err != nil {
		t.Fatal(err)
	}
	assignment, _, err := api.Read[api.Assignment](p.as(p.lead, "203.0.113.9").AssignDocuments(ctx, batch.ID, api.NewAssignment{Person: p.reader, All: true}))
	if err != nil {
		t.Fatal(err)
	}
	p.assignment = assignment.ID
}

// lease takes what is assigned in charge, again where an earlier lease has run out.
func (p *played) lease(t *testing.T) {
	t.Helper()
	if _, _, err := api.Read[api.Assignment](p.handler(p.from).TakeLease(t.Context(), p.assignment)); err != nil {
		t.Fatal(err)
	}
}

// serve serves the house over HTTP. The test is its trusted proxy, and so can be
// anywhere.
func (p *played) serve(t *testing.T) {
	const name = "https://gateway.example"
	issuer, err := identity.NewIssuer(identity.IssuerConfig{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
		Issuer: name, Audience: name, Clock: p.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := identity.NewVerifier(identity.VerifierConfig{Keys: issuer.KeySet(), Issuer: name, Audience: name, Clock: p.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := httpapi.NewHandler(httpapi.Config{Gateway: p.Gateway, Issuer: issuer, Verifier: verifier, Keys: issuer.KeySet(),
		Clock: p.Clock.Now, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	p.url, p.issuer = server.URL, issuer
}

// as is a client of a person at an address.
func (p *played) as(person, address string) *api.Client {
	client, err := api.NewClient(p.url, api.WithRequestEditorFn(func(ctx context.Context, r *http.Request) error {
		token, _, err := p.issuer.Issue(gateway.PersonID(person), "client-credentials")
		if err != nil {
			return err
		}
		r.Header.Set("X-Forwarded-For", address)
		return api.Bearer(token)(ctx, r)
	}))
	if err != nil {
		panic(err) // the address is a test server's
	}
	return client
}

func (p *played) handler(address string) *api.Client { return p.as(p.reader, address) }

// cli runs a command as a person, checks its exit code, and returns its output.
func (p *played) cli(t *testing.T, code int, person string, args ...string) string {
	t.Helper()
	credential, err := p.Gateway.IssueCredential(t.Context(), p.Operator, gateway.PersonID(person))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(envAPI, p.url)
	t.Setenv(envClientID, person)
	t.Setenv(envClientSecret, credential.Secret)
	var out strings.Builder
	root, started := newRoot(), false
	noteStart(root, &started)
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err = root.ExecuteContext(t.Context())
	if got := exitCode(err, started); got != code {
		t.Fatalf("%v: exit code %d, want %d: %v\n%s", args, got, code, err, &out)
	}
	return out.String()
}

// wantRead reads the document from an address, and finds the reading in the ledger with
// the site that the contract names.
func (p *played) wantRead(t *testing.T, address, site string) {
	t.Helper()
	download, err := api.Fetch(t.Context(), p.handler(address), p.document)
	if err != nil {
		t.Fatalf("reading from %s at %s: %v", address, p.Clock.Now().Format(time.RFC3339), err)
	}
	defer download.Close()
	content, err := io.ReadAll(download)
	if err != nil || !bytes.Equal(content, p.content) || download.FileName != p.name {
		t.Errorf("got %d bytes of %s, %v", len(content), download.FileName, err)
	}
	p.wantRecorded(t, "allow", "allowed", site)
}

func (p *played) wantRefused(t *testing.T, address string, reason policy.Reason) {
	t.Helper()
	download, err := api.Fetch(t.Context(), p.handler(address), p.document)
	if err == nil {
		download.Close()
	}
	wantReason(t, err, reason)
	p.wantRecorded(t, "deny", string(reason), "")
}

// wantRecorded looks at the newest decision about the document in the client's ledger.
func (p *played) wantRecorded(t *testing.T, outcome, reason, site string) {
	t.Helper()
	page, _, err := api.Read[api.EventPage](p.as(p.officer, "203.0.113.9").ListEvents(t.Context(), &api.ListEventsParams{Ledger: p.client,
		Document: &p.document, Action: optional("document.read"), Outcome: optional(api.Outcome(outcome))}))
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("the ledger has %d events: %v", len(page.Items), err)
	}
	e := page.Items[0]
	if e.Reason != reason || site != "" && e.Site != site || e.Contract != p.contract || e.Version != 1 || e.Actor != p.reader {
		t.Errorf("the ledger says %s %s from %s, want %s from %s: %+v", e.Outcome, e.Reason, cmp.Or(e.Site, "nowhere"), reason, site, e)
	}
}

func wantReason(t *testing.T, err error, reason policy.Reason) {
	t.Helper()
	var refused *api.Problem
	if !errors.As(err, &refused) || value(refused.Reason) != string(reason) {
		t.Errorf("got %v, want denied: %s", err, reason)
	}
}
