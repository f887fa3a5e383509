package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/policy"
)

// agreement is the content of random terms, kept apart from the product's own reading of
// them.
type agreement struct {
	client, provider policy.OrganisationID
	classes          []policy.Class
	left             map[policy.Role][]policy.Action // what may still be done in the ten days after the end
}

func (a agreement) text() string {
	text := strings.NewReplacer(string(insurer), string(a.client), string(indexer), string(a.provider)).Replace(minimal)
	var classes []string
	for _, c := range a.classes {
		classes = append(classes, fmt.Sprintf("%s: {media-types: [application/pdf], max-bytes: 1000}", c))
	}
	text = strings.Replace(text, "{claim-form: {media-types: [application/pdf], max-bytes: 1000}}", "{"+strings.Join(classes, ", ")+"}", 1)
	if len(a.left) == 0 {
		return text
	}
	text += "wind-down:\n"
	for role, actions := range a.left {
		text += fmt.Sprintf("  %s:\n    days: 10\n    may:\n", role)
		for _, action := range actions {
			text += fmt.Sprintf("    - %s\n", action)
		}
	}
	return text
}

// allows decides, independently of the product's code, whether a person with one role may
// act under the agreement.
func (a agreement) allows(f policy.Facts, role policy.Role) bool {
	if f.Contract.Status == policy.StatusTerminated {
		days := f.Now.Sub(f.Contract.Terminated).Hours() / 24
		if f.Contract.Terminated.IsZero() || days >= 10 || !slices.Contains(a.left[role], f.Action) {
			return false
		}
	}
	ofClass, ofNone, sent := slices.Contains(a.classes, f.Class), f.Class == "", f.Batch.State == "sealed"
	switch f.Action {
	case "batch.open", "batch.seal":
		return ofNone && f.Organisation == a.client && role == "client-system"
	case "batch.read":
		return ofNone && (f.Organisation == a.client && role == "client-system" ||
			sent && f.Organisation == a.provider && (role == "handler" || role == "provider-manager"))
	case "assignment.create":
		return sent && ofNone && f.Organisation == a.provider && role == "provider-manager"
	case "assignment.lease":
		return sent && ofNone && f.Organisation == a.provider && role == "handler"
	case "document.receive":
		return ofClass && f.Organisation == a.client && role == "client-system"
	case "receipt.read":
		return ofClass && f.Organisation == a.client && role == "client-system"
	case "document.inspect":
		return ofClass && (f.Organisation == a.client && role == "client-system" ||
			sent && f.Organisation == a.provider && (role == "handler" || role == "provider-manager"))
	case "document.read":
		return sent && ofClass && f.Organisation == a.provider && role == "handler"
	}
	return false
}

// Words that look like others: a comparison that joins, folds, trims or matches patterns
// would take one for another.
var (
	somebody = []policy.OrganisationID{insurer, indexer, stranger, "", "*", insurer + "," + indexer, insurer[:27], insurer + " "}
	somehow  = []policy.Role{"client-system", "provider-manager", "handler", "provider-compliance", "contract-manager",
		"compliance-officer", "auditor", "operator", "member", "", "*", "handler$$scan", "Handler", "handler,scan"}
	something = []policy.Class{"", "-", "scan", "claim", "claim-form", "c", "scan-a", "SCAN", "scan ", "*", ".*", "scan$$document.read", "scan,a"}
	someAct   = []policy.Action{"batch.open", "batch.read", "batch.seal", "assignment.create", "assignment.lease", "document.receive",
		"document.inspect", "document.read", "receipt.read", "contract.read", "audit.query", "", "*", "document.*", "documentXread", "document.read "}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// Decide allows exactly what the agreement allows, for random terms and facts under which
// every condition holds.
func TestDecideIsTheAgreement(t *testing.T) {
	needs.NoRace(t, "it calculates")
	r := rand.New(rand.NewPCG(1, 2))
	allowed := 0
	for range 60 {
		a := randomAgreement(r)
		c := compile(t, parse(t, a.text()))
		for range 500 {
			f := randomFacts(r, a)
			want := slices.ContainsFunc(f.Roles, func(role policy.Role) bool { return a.allows(f, role) })
			got := c.Decide(f)
			if got.Allowed != want || want && !a.allows(f, got.Role) {
				t.Fatalf("agreement %+v\nfacts %+v\n%+v, want allowed: %v", a, f, got, want)
			}
			if want {
				allowed++
			}
		}
	}
	if allowed < 500 {
		t.Errorf("only %d were allowed: the facts are too far from any agreement", allowed)
	}
}

func randomAgreement(r *rand.Rand) agreement {
	a := agreement{client: insurer, provider: indexer}
	if r.IntN(2) == 0 {
		a = agreement{client: indexer, provider: insurer}
	}
	a.classes = append(a.classes, "scan", "claim", "claim-form", "c", "scan-a")
	r.Shuffle(len(a.classes), func(i, j int) { a.classes[i], a.classes[j] = a.classes[j], a.classes[i] })
	a.classes = a.classes[:1+r.IntN(len(a.classes))]
	a.left = map[policy.Role][]policy.Action{}
	for _, may := range []struct {
		role    policy.Role
		actions []policy.Action
	}{{"client-system", []policy.Action{"batch.read", "document.inspect", "receipt.read"}},
		{"provider-manager", []policy.Action{"batch.read", "document.inspect"}},
		{"handler", []policy.Action{"batch.read", "document.inspect", "assignment.lease", "document.read"}}} {
		role, actions := may.role, may.actions
		r.Shuffle(len(actions), func(i, j int) { actions[i], actions[j] = actions[j], actions[i] })
		if n := r.IntN(len(actions) + 1); n > 0 {
			a.left[role] = actions[:n]
		}
	}
	return a
}

// randomFacts are facts whose conditions hold for the action; half of them name a class,
// a role and a party that exist.
func randomFacts(r *rand.Rand, a agreement) policy.Facts {
	f := favourable(policy.RoleHandler, pick(r, someAct))
	f.Incoming.Size = 10
	f.Organisation, f.Class, f.Roles = pick(r, somebody), pick(r, something), nil
	if r.IntN(2) == 0 {
		f.Organisation = pick(r, []policy.OrganisationID{a.client, a.provider})
		f.Class = pick(r, append(slices.Clone(a.classes), "", ""))
	}
	// Sealing and receiving are for open batches, which the facts have; for the other
	// acts the batch may be anything.
	if f.Action != policy.ActionDocumentReceive && f.Action != policy.ActionBatchSeal && r.IntN(3) == 0 {
		f.Batch.State = pick(r, []policy.BatchState{policy.BatchOpen, "", "sealed "})
	}
	if r.IntN(3) == 0 {
		f.Contract.Status = policy.StatusTerminated
		if r.IntN(4) > 0 {
			f.Contract.Terminated = f.Now.AddDate(0, 0, -r.IntN(14))
		}
	}
	for range 1 + r.IntN(3) {
		f.Roles = append(f.Roles, pick(r, somehow[:1+r.IntN(len(somehow))]))
	}
	return f
}
