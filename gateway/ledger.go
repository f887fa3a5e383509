package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// EventQuery is a question to a ledger. Its Ledger is set by AuditEvents.
type EventQuery = audit.Query

// AuditEvents answers a question to a ledger: a client's (its organisation id) or the operator's own. The question is an
// event of the same ledger, and durable there before anything is answered.
func (g *Gateway) AuditEvents(ctx context.Context, caller Caller, ledger string, q EventQuery) ([]event.Event, string, error) {
	question, err := writeDown(q)
	if err != nil {
		return nil, "", err
	}
	if _, err := g.do(ctx, caller, act{
		action: policy.ActionAuditQuery,
		look:   lookAtLedger(ledger, question),
	}); err != nil {
		return nil, "", err
	}
	return g.events(ctx, ledger, q)
}

// maxQuestion bounds what a question puts into the ledger, in bytes of its JSON. No filter that could match is longer.
const maxQuestion = 4 << 10

// writeDown is the question as the ledger keeps it. What cannot be kept, or asked of a database, is refused.
func writeDown(q EventQuery) (string, error) {
	for field, code := range map[string]string{"action": string(q.Action), "reason": q.Reason} {
		if strings.ContainsFunc(code, notInCode) {
			return "", &Invalid{Kind: InvalidParameter, Field: field, Detail: "is not a code of the ledger"}
		}
	}
	question, err := json.Marshal(q)
	if err != nil { // only a time can fail: one whose zone, or year, has no form in JSON
		return "", &Invalid{Kind: InvalidParameter, Field: "from", Detail: "from or to is no time that can be written down"}
	}
	if len(question) > maxQuestion {
		return "", &Invalid{Kind: InvalidParameter, Field: "query", Detail: "the question is longer than 4 KiB"}
	}
	return string(question), nil
}

// notInCode says whether an action or a reason of the ledger never holds the character.
func notInCode(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}

// Checkpoint gives the ledger's newest checkpoint: a signed note over its size and root.
func (g *Gateway) Checkpoint(ctx context.Context, caller Caller, ledger string) ([]byte, error) {
	if _, err := g.do(ctx, caller, act{
		action: policy.ActionAuditProve,
		look:   lookAtLedger(ledger, ""),
	}); err != nil {
		return nil, err
	}
	note, err := g.ledger.Checkpoint(ctx, ledger)
	return note, g.unavailable(err)
}

// lookAtLedger makes the organisation whose ledger it is what the act is about.
func lookAtLedger(ledger, question string) func(context.Context, *database.Tx, *scene) error {
	return func(ctx context.Context, tx *database.Tx, s *scene) error {
		if question != "" {
			s.event.Private["question"] = question
		}
		if ledger == operatorLedger {
			o, err := tx.OperatorOrganisation(ctx)
			if err != nil {
				return err
			}
			s.onOrganisation(o)
			return nil
		}
		o, err := tx.Organisation(ctx, ledger)
		if err != nil {
			return err
		}
		if OrganisationKind(o.Kind) != KindClient {
			return ErrNotFound // providers and, under its id, the operator have no ledger
		}
		s.onOrganisation(o)
		return nil
	}
}

// LocalAuditEvents answers whoever holds the machine: they can read the database without us, and asking through the
// gateway leaves the question in the ledger, as one of nobody's in particular.
func (g *Gateway) LocalAuditEvents(ctx context.Context, ledger string, q EventQuery) ([]event.Event, string, error) {
	question, err := writeDown(q)
	if err != nil {
		return nil, "", err
	}
	e := event.Event{ID: policy.NewID("e"), Occurred: g.now(), Phase: event.PhaseState, Action: event.Action(policy.ActionAuditQuery),
		Actor: system, Auth: "local", Outcome: event.OutcomeAllow, Reason: "local", Private: map[string]string{"question": question}}
	if err := g.conclude(ctx, ledger, e, nil); err != nil {
		return nil, "", err
	}
	return g.events(ctx, ledger, q)
}

func (g *Gateway) events(ctx context.Context, ledger string, q EventQuery) ([]event.Event, string, error) {
	q.Ledger = ledger
	events, next, err := g.ledger.Query(ctx, q)
	if errors.Is(err, audit.ErrQuery) {
		return nil, "", &Invalid{Kind: InvalidParameter, Field: "query", Detail: err.Error()}
	}
	return events, next, g.unavailable(err)
}
