package gateway

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

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

// maxQuestion bounds what a question puts into the ledger, in bytes of its JSON. No filter that could match is longer.
const maxQuestion = 4 << 10

// writeDown is the question as the ledger keeps it: q with its filters. What cannot be kept, or asked of a database, is
// refused.
func writeDown(q any, filters EventQuery) (string, error) {
	for field, code := range map[string]string{"action": string(filters.Action), "reason": filters.Reason} {
		if strings.ContainsFunc(code, notInCode) {
			return "", &Invalid{Kind: InvalidParameter, Field: field, Detail: "is not a code of the ledger"}
		}
	}
	if n, err := strconv.ParseInt(filters.Cursor, 10, 64); filters.Cursor != "" && (err != nil || strconv.FormatInt(n, 10) != filters.Cursor) {
		return "", errCursor
	}
	text, err := json.Marshal(q)
	switch {
	case err != nil: // only a time can fail: one whose zone, or year, has no form in JSON
		return "", &Invalid{Kind: InvalidParameter, Field: "from", Detail: "from or to is no time that can be written down"}
	case len(text) > maxQuestion:
		return "", &Invalid{Kind: InvalidParameter, Field: "query", Detail: "the question is longer than 4 KiB"}
	case strings.Contains(string(text), `\u0000`):
		return "", &Invalid{Kind: InvalidParameter, Field: "query", Detail: "a filter holds a control character"}
	}
	return string(text), nil
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
		return s.watchOver(ctx, tx)
	}
}
