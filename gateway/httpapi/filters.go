package httpapi

import (
	"slices"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/policy"
)

// filters are those of an operation that asks a ledger. texts has every filter of the
// ledger by its name, and nil where it is not given.
type filters struct {
	ledger   string
	from, to *time.Time
	texts    map[string]*string
}

// query is the question that the filters and the page ask.
func (f filters) query(after *string, limit *int32) (gateway.EventQuery, error) {
	if !event.ValidLedger(f.ledger) {
		return gateway.EventQuery{}, &gateway.Invalid{Kind: gateway.InvalidIdentifier, Field: "ledger",
			Detail: "The value must be an organisation's identifier or `operator`."}
	}
	if len(or(after)) > event.MaxText {
		return gateway.EventQuery{}, tooLong("after")
	}
	paging, err := page(after, limit)
	q := gateway.EventQuery{Ledger: f.ledger, From: or(f.from), To: or(f.to), Cursor: paging.After, Limit: paging.Limit}
	for _, filter := range gateway.EventFilters() {
		text := f.texts[filter.Name]
		if text == nil {
			continue
		}
		if refused := checkFilter(filter, *text); refused != nil {
			return gateway.EventQuery{}, refused
		}
		*filter.In(&q) = *text
	}
	return q, err
}

// checkFilter refuses a value that no event can have. The question itself must fit into
// an event.
func checkFilter(filter gateway.EventFilter, value string) error {
	switch {
	case filter.ID != "" && policy.ParseIdentifier(filter.ID, value) != nil:
		return badIdentifier(filter.Name)
	case filter.Words != nil && !slices.Contains(filter.Words, value):
		return &refusal{kind: kindParameter, field: filter.Name, detail: "The value must be one of: " + strings.Join(filter.Words, ", ") + "."}
	case filter.Longest > 0 && len(value) > filter.Longest:
		return tooLong(filter.Name)
	}
	return nil
}

func tooLong(parameter string) error {
	return &refusal{kind: kindParameter, field: parameter, detail: "The value is too long."}
}
