package httpapi

import (
	"context"
	"strings"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// ListQuestions lists the named questions of a ledger.
func (s *server) ListQuestions(ctx context.Context, _ ListQuestionsRequestObject) (ListQuestionsResponseObject, error) {
	ctx, caller := enter(ctx)
	questions, err := s.gateway.Questions(ctx, caller)
	return ListQuestions200JSONResponse{Items: each(questions, toQuestion)}, err
}

// AskQuestion asks a named question.
func (s *server) AskQuestion(ctx context.Context, r AskQuestionRequestObject) (AskQuestionResponseObject, error) {
	ctx, caller := enter(ctx)
	p := r.Params
	query, err := filtersOfAskQuestion(p).query(p.After, p.Limit)
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]*string{"countries": p.Countries, "hours": p.Hours, "zone": p.Zone} {
		if len(or(text)) > event.MaxText {
			return nil, tooLong(name)
		}
	}
	question := gateway.LedgerQuestion{Query: query, Question: r.Question, Which: string(or(p.Which)), Least: int(or(p.Least)),
		Hours: or(p.Hours), Zone: or(p.Zone)}
	if p.Countries != nil {
		question.Countries = strings.Split(*p.Countries, ",")
	}
	answer, err := s.gateway.AskLedger(ctx, caller, query.Ledger, question)
	return AskQuestion200JSONResponse{Question: r.Question, Events: each(answer.Events, toEvent), Groups: each(answer.Groups, toGroup),
		From: moment(answer.From), Next: orNil(answer.Next), Names: toNames(answer.Names)}, err
}

// CountEvents counts the events that match.
func (s *server) CountEvents(ctx context.Context, r CountEventsRequestObject) (CountEventsResponseObject, error) {
	ctx, caller := enter(ctx)
	query, err := filtersOfCountEvents(r.Params).query(nil, nil)
	if err != nil {
		return nil, err
	}
	n, more, err := s.gateway.CountEvents(ctx, caller, query.Ledger, query)
	return CountEvents200JSONResponse{Count: n, More: more}, err
}

func toQuestion(q gateway.NamedQuestion) api.Question {
	out := api.Question{Name: q.Name, Answers: q.Answers, Shape: api.QuestionShape(q.Shape)}
	out.Parameters = []struct {
		Means    string `json:"means"`
		Name     string `json:"name"`
		Required bool   `json:"required"`
	}{}
	for _, p := range q.Parameters {
		out.Parameters = append(out.Parameters, struct {
			Means    string `json:"means"`
			Name     string `json:"name"`
			Required bool   `json:"required"`
		}{p.Means, p.Name, p.Required})
	}
	return out
}

func toGroup(g gateway.Group) api.EventGroup {
	return api.EventGroup{Key: g.Key, Events: g.Events, Documents: g.Documents, Actors: g.Actors, Bytes: g.Bytes, First: g.First, Last: g.Last}
}

// toNames is never nil: the empty map is `{}`.
func toNames(names map[string]string) api.Names {
	if names == nil {
		return api.Names{}
	}
	return names
}
