package gateway

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// LedgerQuestion is a named question with its parameters; without a name, its filters alone.
type LedgerQuestion = audit.Ask

// NamedQuestion is a question that every ledger can be asked by its name.
type NamedQuestion = audit.Question

// Group is what several events have in common, with their sums.
type Group = audit.Group

// LedgerAnswer is what a ledger answered, with the names of the people and organisations in it: from the directory as it
// is now, for reading only. Who was erased there has none.
type LedgerAnswer struct {
	audit.Answer
	Names map[string]string
}

// Questions lists the named questions. The list is the same for everybody.
func (g *Gateway) Questions(ctx context.Context, caller Caller) ([]NamedQuestion, error) {
	if _, err := g.do(ctx, caller, act{
		action: policy.ActionQuestionList,
		look:   func(ctx context.Context, tx *database.Tx, s *scene) error { return s.onOwn(ctx, tx) },
	}); err != nil {
		return nil, err
	}
	return audit.Questions(), nil
}

// AskLedger answers a question to a ledger: a client's (its organisation id) or the operator's own. The question is an
// event of the same ledger, and durable there before anything is answered.
func (g *Gateway) AskLedger(ctx context.Context, caller Caller, ledger string, q LedgerQuestion) (LedgerAnswer, error) {
	s, err := g.question(ctx, caller, policy.ActionAuditQuery, ledger, q, q.Query)
	if err != nil || !s.narrow(&q.Query) {
		return LedgerAnswer{}, err
	}
	answer, err := g.answer(ctx, ledger, q)
	if err != nil {
		return LedgerAnswer{}, err
	}
	names, err := g.names(ctx, answer, s.onlyOwn())
	return LedgerAnswer{answer, names}, err
}

// CountEvents counts the events that the filters find; more says that there are more than audit.MaxCount.
func (g *Gateway) CountEvents(ctx context.Context, caller Caller, ledger string, q EventQuery) (n int64, more bool, err error) {
	s, err := g.question(ctx, caller, policy.ActionAuditQuery, ledger, struct{ Count EventQuery }{q}, q)
	if err != nil || !s.narrow(&q) {
		return 0, false, err
	}
	q.Ledger = ledger
	n, more, err = g.ledger.Count(ctx, q)
	return n, more, g.questionError(err)
}

// ExportEvents gives every event that the filters find, the newest first; the cursor and the limit do not count. The
// export is an event of the ledger, and durable there before this returns. An error ends the events: whoever passes them
// on must not end as if they were whole.
func (g *Gateway) ExportEvents(ctx context.Context, caller Caller, ledger string, q EventQuery) (iter.Seq2[event.Event, error], error) {
	s, err := g.question(ctx, caller, policy.ActionAuditExport, ledger, q, q)
	if err != nil {
		return nil, err
	}
	if !s.narrow(&q) {
		return func(func(event.Event, error) bool) {}, nil
	}
	return g.allEvents(ctx, ledger, q)
}

// question records what is about to be asked.
func (g *Gateway) question(ctx context.Context, caller Caller, action policy.Action, ledger string, q any, filters EventQuery) (*scene, error) {
	text, err := writeDown(q, filters)
	if err != nil {
		return nil, err
	}
	return g.do(ctx, caller, act{action: action, look: lookAtLedger(ledger, text)})
}

// watchOver adds the role of who watches over a provider's people on one of the client's contracts. It is enough to ask
// the client's ledger, and narrow sees to it that nothing but their own is answered.
func (s *scene) watchOver(ctx context.Context, tx *database.Tx) error {
	if !s.facts.MemberActive || s.kind != KindProvider {
		return nil
	}
	n, err := tx.ProviderComplianceAt(ctx, queries.ProviderComplianceAtParams{Person: string(s.caller.Person),
		Client: string(s.facts.ObjectOrganisation), Now: micros(s.now)})
	if err != nil {
		return fmt.Errorf("reading memberships: %w", err)
	}
	if n > 0 {
		s.facts.Roles = append(s.facts.Roles, policy.RoleProviderCompliance)
		s.visible = true
	}
	return nil
}

// narrow keeps a question of a provider's compliance to what its own people did. It is false when nothing is left.
func (s *scene) narrow(q *EventQuery) bool {
	own := s.onlyOwn()
	if own == "" {
		return true
	}
	if q.Organisation != "" && q.Organisation != string(own) {
		return false
	}
	q.Organisation = string(own)
	return true
}

// onlyOwn is the organisation whose people's events are all that the caller may see; empty where all may be seen.
func (s *scene) onlyOwn() OrganisationID {
	if s.decision.Role != policy.RoleProviderCompliance {
		return ""
	}
	return s.organisation
}

// LocalAsk answers whoever holds the machine: they can read the database without us, and asking through the gateway
// leaves the question in the ledger, as one of nobody's in particular.
func (g *Gateway) LocalAsk(ctx context.Context, ledger string, q LedgerQuestion) (LedgerAnswer, error) {
	if err := g.localQuestion(ctx, policy.ActionAuditQuery, ledger, q, q.Query); err != nil {
		return LedgerAnswer{}, err
	}
	answer, err := g.answer(ctx, ledger, q)
	if err != nil {
		return LedgerAnswer{}, err
	}
	names, err := g.names(ctx, answer, "")
	return LedgerAnswer{answer, names}, err
}

// LocalExport is ExportEvents for whoever holds the machine.
func (g *Gateway) LocalExport(ctx context.Context, ledger string, q EventQuery) (iter.Seq2[event.Event, error], error) {
	if err := g.localQuestion(ctx, policy.ActionAuditExport, ledger, q, q); err != nil {
		return nil, err
	}
	return g.allEvents(ctx, ledger, q)
}

func (g *Gateway) localQuestion(ctx context.Context, action policy.Action, ledger string, q any, filters EventQuery) error {
	text, err := writeDown(q, filters)
	if err != nil {
		return err
	}
	return g.conclude(ctx, ledger, event.Event{ID: event.NewID(), Occurred: g.now(), Phase: event.PhaseState,
		Action: event.Action(action), Actor: system, Auth: "local", Outcome: event.OutcomeAllow, Reason: "local",
		Private: map[string]string{"question": text}}, nil)
}

func (g *Gateway) answer(ctx context.Context, ledger string, q LedgerQuestion) (audit.Answer, error) {
	q.Ledger = ledger
	if q.Question != "" {
		answer, err := g.ledger.Ask(ctx, q)
		return answer, g.questionError(err)
	}
	events, next, err := g.ledger.Query(ctx, q.Query)
	return audit.Answer{Events: events, Next: next}, g.questionError(err)
}

// allEvents reads the first page at once, so that a question that cannot be asked is an error and no empty export.
func (g *Gateway) allEvents(ctx context.Context, ledger string, q EventQuery) (iter.Seq2[event.Event, error], error) {
	q.Ledger, q.Cursor, q.Limit = ledger, "", audit.MaxPage
	events, next, err := g.ledger.Query(ctx, q)
	if err != nil {
		return nil, g.questionError(err)
	}
	return func(yield func(event.Event, error) bool) {
		for {
			for _, e := range events {
				if !yield(e, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			q.Cursor = next
			if events, next, err = g.ledger.Query(ctx, q); err != nil {
				yield(event.Event{}, g.questionError(err))
				return
			}
		}
	}, nil
}

func (g *Gateway) questionError(err error) error {
	if errors.Is(err, audit.ErrQuery) {
		return &Invalid{Kind: InvalidParameter, Field: "query", Detail: err.Error()}
	}
	return g.unavailable(err)
}

// names looks up what the people and organisations of an answer are called; with an organisation, only its own people.
func (g *Gateway) names(ctx context.Context, answer audit.Answer, only OrganisationID) (map[string]string, error) {
	ids := map[string]bool{}
	for _, e := range answer.Events {
		for _, id := range []string{e.Actor, e.Subject, e.Organisation, e.Provider} {
			ids[id] = true
		}
	}
	for _, group := range answer.Groups {
		ids[group.Key] = true
	}
	names := map[string]string{}
	err := g.db.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		clear(names)
		for id := range ids {
			name, err := nameOf(ctx, tx, id, only)
			if err != nil {
				return fmt.Errorf("reading names: %w", err)
			}
			if name != "" {
				names[id] = name
			}
		}
		return nil
	})
	return names, g.unavailable(err)
}

func nameOf(ctx context.Context, tx *database.Tx, id string, only OrganisationID) (string, error) {
	switch {
	case strings.HasPrefix(id, "p_"):
		p, err := tx.PersonName(ctx, id)
		if only != "" && p.Organisation != string(only) {
			return "", ignoreNoRows(err)
		}
		return p.Name, ignoreNoRows(err)
	case strings.HasPrefix(id, "o_"):
		o, err := tx.Organisation(ctx, id)
		return o.Name, ignoreNoRows(err)
	}
	return "", nil
}
