package gateway_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/policy"
)

// everyWindDown keeps all that a wind-down can keep.
const everyWindDown = `wind-down:
  client-system: {days: 30, may: [batch.read, document.inspect, receipt.read]}
  provider-manager: {days: 30, may: [batch.read, document.inspect]}
  handler: {days: 30, may: [batch.read, document.inspect, assignment.lease, document.read]}
`

// Each rule of a contract is taken out in turn, and a request that it allows is made. The
// request is denied without the rule and allowed with it. So casbin decides, there is no
// other way in, and every rule has an effect.
func TestTakingARuleOutDeniesOverHTTP(t *testing.T) {
	needs.NoRace(t, "one client, one request after the other")
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	text := changed(w, untouched, untouched+everyWindDown)
	amend(t, w, text, time.Time{})
	terms, err := policy.ParseTerms(text)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := policy.Compile(string(w.Contract), 2, terms)
	if err != nil {
		t.Fatal(err)
	}
	r := ruled{World: w, api: handlerOf(t, w)}
	r.prepare(t)
	for _, phase := range []policy.Phase{policy.PhaseInForce, policy.PhaseWindDown} {
		want := policy.ReasonNoRule
		if phase == policy.PhaseWindDown {
			want = policy.ReasonContractTerminated
			if _, err := w.Gateway.TerminateContract(t.Context(), w.Manager, w.Contract, "end"); err != nil {
				t.Fatal(err)
			}
		}
		rules := 0
		for _, rule := range policy.Rules(terms) {
			if rule.Phase != phase {
				continue
			}
			rules++
			without, err := policy.CompileWithout(string(w.Contract), 2, terms, rule)
			if err != nil {
				t.Fatal(err)
			}
			w.Gateway.Keep(w.Contract, 2, without)
			denied := r.request(t, rule)
			if denied.Code != http.StatusForbidden || !strings.Contains(denied.Body.String(), fmt.Sprintf(`"reason":"%s"`, want)) {
				t.Errorf("without %v: %d %s", rule, denied.Code, denied.Body)
			}
			w.Gateway.Keep(w.Contract, 2, whole)
			if got := r.request(t, rule); got.Code >= 300 {
				t.Errorf("with %v: %d %s", rule, got.Code, got.Body)
			}
		}
		if rules < 15 && phase == policy.PhaseInForce || rules < 10 {
			t.Errorf("only %d rules %s", rules, phase)
		}
	}
}

// ruled is a contract with all objects of its rules.
type ruled struct {
	*gatewaytest.World
	api http.Handler

	sealed, fresh, open gateway.BatchID             // leased by the handler, not assigned yet, empty
	lease, over         gateway.AssignmentID        // over is there to be ended
	documents           map[string]gateway.Document // sealed, by class
	receipts            map[string]gateway.ReceiptID
	count               int
}

func handlerOf(t *testing.T, w *gatewaytest.World) http.Handler {
	t.Helper()
	const url = "https://gateway.example"
	issuer := issuerOf(t, w, url)
	verifier, err := identity.NewVerifier(identity.VerifierConfig{Keys: issuer.KeySet(), Issuer: url, Audience: url, Clock: w.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	h, err := httpapi.NewHandler(httpapi.Config{Gateway: w.Gateway, Issuer: issuer, Verifier: verifier, Keys: issuer.KeySet(), Clock: w.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// issuerOf returns an issuer of tokens whose key is always the same.
func issuerOf(t *testing.T, w *gatewaytest.World, url string) *identity.Issuer {
	t.Helper()
	issuer, err := identity.NewIssuer(identity.IssuerConfig{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
		Issuer: url, Audience: url, Clock: w.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return issuer
}

// prepare sends a document of each class into a batch that is sealed and leased. It makes
// two more batches.
func (r *ruled) prepare(t *testing.T) {
	t.Helper()
	r.documents, r.receipts = map[string]gateway.Document{}, map[string]gateway.ReceiptID{}
	r.sealed, r.open = r.Open(t, "sealed"), r.Open(t, "open")
	var all []gateway.Document
	for _, class := range []string{"form", "anything"} {
		d, receipt := r.send(t, r.sealed, class, class)
		r.documents[class], r.receipts[class] = d, receipt.ID
		all = append(all, d)
	}
	r.Seal(t, r.sealed, all)
	r.lease = r.Taken(t, r.sealed).ID
	ended, _ := r.Sent(t, 1)
	r.over = r.Taken(t, ended).ID
	r.fresh, _ = r.Sent(t, 1)
}

// send uploads a document of the class.
func (r *ruled) send(t *testing.T, batch gateway.BatchID, class, reference string) (gateway.Document, gateway.Receipt) {
	t.Helper()
	content := []byte("of the class " + class)
	n := gatewaytest.Incoming(batch, reference, content)
	if class == "form" {
		content = append([]byte("%PDF-1.7\n"), content...)
		n = gatewaytest.Incoming(batch, reference, content)
		n.Class, n.MediaType = "form", "application/pdf"
	}
	d, receipt, err := r.Gateway.Upload(t.Context(), r.System, n, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return d, receipt
}

// another is a new document of the class in the open batch, made through a gateway whose
// contract has all its rules.
func (r *ruled) another(t *testing.T, class string) gateway.Document {
	t.Helper()
	d, _ := r.send(t, r.open, class, fmt.Sprint("another-", r.count))
	return d
}

// request makes a request that a rule allows, as a person with the rule's role.
func (r *ruled) request(t *testing.T, rule policy.Rule) *httptest.ResponseRecorder {
	t.Helper()
	r.count++
	who := map[policy.Role]gateway.Caller{policy.RoleClientSystem: r.System, policy.RoleProviderManager: r.ProviderManager, policy.RoleHandler: r.Handler,
		policy.RoleContractManager: r.Manager}[rule.Role]
	document := "/v1/documents/" + string(r.documents[rule.Class].ID)
	method, path, body, contentType := http.MethodGet, "", "", "application/json"
	switch rule.Action {
	case policy.ActionBatchOpen:
		method, path, body = http.MethodPost, "/v1/contracts/"+string(r.Contract)+"/batches", `{"reference":"another"}`
	case policy.ActionBatchRead:
		path = "/v1/batches/" + string(r.sealed)
	case policy.ActionBatchSeal: // a batch in which nothing was received yet
		method, path, body = http.MethodPost, "/v1/batches/"+string(r.Open(t, fmt.Sprint("to-seal-", r.count)))+"/seal", `{"documents":0,"bytes":0}`
	case policy.ActionBatchWithdraw:
		method, path = http.MethodPost, "/v1/batches/"+string(r.Open(t, fmt.Sprint("to-withdraw-", r.count)))+"/withdrawal"
	case policy.ActionDocumentWithdraw:
		method, path = http.MethodPost, "/v1/documents/"+string(r.another(t, rule.Class).ID)+"/withdrawal"
	case policy.ActionAssignmentCreate:
		method, path, body = http.MethodPost, "/v1/batches/"+string(r.fresh)+"/assignments", `{"person":"`+string(r.Colleague.Person)+`","all":true}`
	case policy.ActionAssignmentLease:
		method, path = http.MethodPost, "/v1/assignments/"+string(r.lease)+"/lease"
	case policy.ActionAssignmentInspect:
		path = "/v1/batches/" + string(r.sealed) + "/assignments"
	case policy.ActionAssignmentRevoke:
		method, path, body = http.MethodPost, "/v1/assignments/"+string(r.over)+"/revocation", `{"all":true}`
	case policy.ActionAssignmentRelease:
		method, path = http.MethodPost, "/v1/assignments/"+string(r.over)+"/release"
	case policy.ActionReceiptList:
		path = "/v1/batches/" + string(r.sealed) + "/receipts"
	case policy.ActionDocumentReceive:
		method, path, body, contentType = http.MethodPut, "/v1/batches/"+string(r.open)+"/documents/"+rule.Class+"?class="+rule.Class, "%PDF-1.7\n", "application/pdf"
	case policy.ActionDocumentInspect:
		path = document
	case policy.ActionDocumentRead:
		path = document + "/content"
	case policy.ActionReceiptRead:
		path = "/v1/receipts/" + string(r.receipts[rule.Class])
	default:
		t.Fatalf("no request is known that %v is for", rule)
	}
	token, _, err := issuerOf(t, r.World, "https://gateway.example").Issue(who.Person, "client-credentials")
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(method, path, strings.NewReader(body)) // from 192.0.2.1, which is in the contract's site
	request.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Content-Disposition", "attachment; filename=a.pdf")
	}
	answer := httptest.NewRecorder()
	r.api.ServeHTTP(answer, request.WithContext(t.Context()))
	return answer
}
