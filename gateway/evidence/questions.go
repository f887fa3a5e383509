package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/policy"
)

// LedgerQuestion is a named question with its parameters. Without a name it is filters
// alone.
type LedgerQuestion = ask.Ask

// NamedQuestion is a question that every ledger answers by its name.
type NamedQuestion = ask.Question

// Group is a value that several events share, with their sums.
type Group = ask.Group

// LedgerAnswer is the answer of a ledger, with the names of the people and organisations
// in it. The names are for reading only. They come from the directory as it is now, so a
// person who was erased there has none.
type LedgerAnswer struct {
	ask.Answer
	Names map[string]string
}

// EventFilter is a filter of a question.
type EventFilter = ask.Filter

// EventFilters lists the filters of a question.
func EventFilters() []EventFilter { return ask.Filters() }

// Questions lists the named questions. The list is the same for every person.
func (ev *Evidence) Questions(ctx context.Context, caller choke.Caller) ([]NamedQuestion, error) {
	if _, err := ev.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionQuestionList,
		Load:   func(ctx context.Context, tx *database.Tx, s *choke.Scene) error { return s.OnOwn(ctx, tx) },
	}); err != nil {
		return nil, err
	}
	return ask.Questions(), nil
}

// AskLedger answers a question to a ledger: a client's (its organisation id) or the
// operator's own. The question is an event of the same ledger, and durable there before
// anything is answered.
func (ev *Evidence) AskLedger(ctx context.Context, caller choke.Caller, ledger string, q LedgerQuestion) (LedgerAnswer, error) {
	s, err := ev.question(ctx, caller, policy.ActionAuditQuery, ledger, q, q.Query)
	if err != nil || !scopeToOwn(s, &q.Query) {
		return LedgerAnswer{}, err
	}
	answer, err := ev.answer(ctx, ledger, q)
	if err != nil {
		return LedgerAnswer{}, err
	}
	names, err := names(ctx, s.View, answer, ownPeopleOnly(s))
	return LedgerAnswer{answer, names}, err
}

// CountEvents counts the events that the filters find. more says that there are more than
// ask.MaxCount.
func (ev *Evidence) CountEvents(ctx context.Context, caller choke.Caller, ledger string, q EventQuery) (n int64, more bool, err error) {
	s, err := ev.question(ctx, caller, policy.ActionAuditQuery, ledger, struct{ Count EventQuery }{q}, q)
	if err != nil || !scopeToOwn(s, &q) {
		return 0, false, err
	}
	q.Ledger = ledger
	n, more, err = ev.asker.Count(ctx, q)
	return n, more, questionError(err)
}

// ExportEvents gives every event that the filters find, the newest first. The cursor and
// the limit do not count. The export is an event of the ledger, and durable there before
// this returns. An error ends the events. The caller must then break its own output off,
// so that a part is never taken for the whole.
func (ev *Evidence) ExportEvents(ctx context.Context, caller choke.Caller, ledger string, q EventQuery) (iter.Seq2[event.Event, error], error) {
	s, err := ev.question(ctx, caller, policy.ActionAuditExport, ledger, q, q)
	if err != nil {
		return nil, err
	}
	if !scopeToOwn(s, &q) {
		return func(func(event.Event, error) bool) {}, nil
	}
	return ev.allEvents(ctx, ledger, q)
}

// question records the question before it is answered.
func (ev *Evidence) question(ctx context.Context, caller choke.Caller, action policy.Action, ledger string, q any, filters EventQuery) (*choke.Scene, error) {
	text, err := writeDown(q, filters)
	if err != nil {
		return nil, err
	}
	return ev.door.Do(ctx, caller, choke.Act{Action: action, Load: choke.LoadLedger(ledger, text)})
}

// scopeToOwn keeps a question of a provider's compliance officer to what the provider's
// own people did. It is false when nothing is left.
func scopeToOwn(s *choke.Scene, q *EventQuery) bool {
	own := ownPeopleOnly(s)
	if own == "" {
		return true
	}
	if q.Organisation != "" && q.Organisation != string(own) {
		return false
	}
	q.Organisation = string(own)
	return true
}

// ownPeopleOnly is the organisation to whose people's events the caller is limited. It is
// empty for a caller who may see all events.
func ownPeopleOnly(s *choke.Scene) choke.OrganisationID {
	if !s.OnlyAs(policy.RoleProviderCompliance) {
		return ""
	}
	return s.Organisation()
}

// LocalAsk answers the machine's owner, who could read the database without us. A
// question that is asked through the gateway stays in the ledger, under no person's name.
func (ev *Evidence) LocalAsk(ctx context.Context, ledger string, q LedgerQuestion) (LedgerAnswer, error) {
	if err := ev.localQuestion(ctx, policy.ActionAuditQuery, ledger, q, q.Query); err != nil {
		return LedgerAnswer{}, err
	}
	answer, err := ev.answer(ctx, ledger, q)
	if err != nil {
		return LedgerAnswer{}, err
	}
	names, err := names(ctx, ev.owner.View, answer, "")
	return LedgerAnswer{answer, names}, err
}

// LocalExport is ExportEvents for the machine's owner.
func (ev *Evidence) LocalExport(ctx context.Context, ledger string, q EventQuery) (iter.Seq2[event.Event, error], error) {
	if err := ev.localQuestion(ctx, policy.ActionAuditExport, ledger, q, q); err != nil {
		return nil, err
	}
	return ev.allEvents(ctx, ledger, q)
}

func (ev *Evidence) localQuestion(ctx context.Context, action policy.Action, ledger string, q any, filters EventQuery) error {
	text, err := writeDown(q, filters)
	if err != nil {
		return err
	}
	return ev.owner.Record(ctx, ledger, event.Event{ID: event.NewID(), Occurred: ev.door.Now(), Phase: event.PhaseState,
		Action: event.Action(action), Actor: choke.System, Auth: "local", Outcome: event.OutcomeAllow, Reason: "local",
		Private: map[string]string{"question": text}}, nil)
}

func (ev *Evidence) answer(ctx context.Context, ledger string, q LedgerQuestion) (ask.Answer, error) {
	q.Ledger = ledger
	if q.Question != "" {
		answer, err := ev.asker.Ask(ctx, q)
		return answer, questionError(err)
	}
	events, next, err := ev.asker.Query(ctx, q.Query)
	return ask.Answer{Events: events, Next: next}, questionError(err)
}

// allEvents reads the first page at once, so that a question that cannot be asked is an
// error and not an empty export.
func (ev *Evidence) allEvents(ctx context.Context, ledger string, q EventQuery) (iter.Seq2[event.Event, error], error) {
	q.Ledger, q.Cursor, q.Limit = ledger, "", ask.MaxPage
	events, next, err := ev.asker.Query(ctx, q)
	if err != nil {
		return nil, questionError(err)
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
			if events, next, err = ev.asker.Query(ctx, q); err != nil {
				yield(event.Event{}, questionError(err))
				return
			}
		}
	}, nil
}

func questionError(err error) error {
	if errors.Is(err, audit.ErrQuery) {
		return &choke.Invalid{Kind: choke.InvalidParameter, Field: "query", Detail: err.Error()}
	}
	return choke.Unavailable(err)
}

// names looks up the names of the people and organisations in an answer. If only is not
// empty, it leaves out the people of other organisations.
func names(ctx context.Context, view view, answer ask.Answer, only choke.OrganisationID) (map[string]string, error) {
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
	err := view(ctx, func(ctx context.Context, tx *database.Tx) error {
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
	return names, choke.Unavailable(err)
}

func nameOf(ctx context.Context, tx *database.Tx, id string, only choke.OrganisationID) (string, error) {
	switch {
	case strings.HasPrefix(id, "p_"):
		p, err := tx.PersonName(ctx, policy.PersonID(id))
		if only != "" && p.Organisation != only {
			return "", choke.IgnoreNoRows(err)
		}
		return p.Name, choke.IgnoreNoRows(err)
	case strings.HasPrefix(id, "o_"):
		o, err := tx.Organisation(ctx, policy.OrganisationID(id))
		return o.Name, choke.IgnoreNoRows(err)
	}
	return "", nil
}

// EventQuery is a question to a ledger. The methods that take one set its Ledger.
type EventQuery = ask.Query

// AuditEvents is AskLedger for filters alone.
func (ev *Evidence) AuditEvents(ctx context.Context, caller choke.Caller, ledger string, q EventQuery) ([]event.Event, string, error) {
	answer, err := ev.AskLedger(ctx, caller, ledger, LedgerQuestion{Query: q})
	return answer.Events, answer.Next, err
}

// maxQuestion bounds the text that a question puts into the ledger, in bytes of its JSON.
// No filter that could match is longer.
const maxQuestion = 4 << 10

// writeDown is the question as the ledger keeps it: q with its filters. It refuses a
// question that the ledger cannot keep, or a database cannot be asked.
func writeDown(q any, filters EventQuery) (string, error) {
	for field, code := range map[string]string{"action": string(filters.Action), "reason": filters.Reason} {
		if strings.ContainsFunc(code, notInCode) {
			return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: field, Detail: "must be a code of the ledger: small letters, digits, dots, hyphens and underscores"}
		}
	}
	if n, err := strconv.ParseInt(filters.Cursor, 10, 64); filters.Cursor != "" && (err != nil || strconv.FormatInt(n, 10) != filters.Cursor) {
		return "", choke.ErrCursor
	}
	text, err := json.Marshal(q)
	switch {
	case err != nil: // only a time can fail, if its zone or its year has no form in JSON
		return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: "from", Detail: "from and to must be times with a year from 0 to 9999 and a zone of whole minutes"}
	case len(text) > maxQuestion:
		return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: "query", Detail: "the question must not be longer than 4 KiB"}
	case strings.Contains(string(text), `\u0000`):
		return "", &choke.Invalid{Kind: choke.InvalidParameter, Field: "query", Detail: "a filter must not hold a control character"}
	}
	return string(text), nil
}

// notInCode says whether an action or a reason of the ledger never holds the character.
func notInCode(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}
