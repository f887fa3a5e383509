package gateway

import (
	"context"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// EventQuery is a question to a ledger. Its Ledger is set by whoever asks.
type EventQuery = audit.Query

// AuditEvents answers a question to a ledger: a client's (its organisation id) or the operator's own. The question is an
// event of the same ledger, and durable there before anything is answered.
func (g *Gateway) AuditEvents(ctx context.Context, caller Caller, ledger string, q EventQuery) ([]event.Event, string, error) {
	answer, err := g.AskLedger(ctx, caller, ledger, LedgerQuestion{Query: q})
	return answer.Events, answer.Next, err
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
		return s.watchOver(ctx, tx)
	}
}
