package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/policy"
)

func auditQueryCommand() *cobra.Command {
	var w where
	var q question
	cmd := &cobra.Command{
		Use:   "query",
		Short: "List the events of the ledgers that match filters: who did what, when",
		Long: "List the events of the ledgers of an installation on this machine, newest first. Each filter narrows the list. The command " +
			"is for the operator of the machine, and each ledger that is asked records the question as the operator's.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := q.parse(); err != nil {
				return err
			}
			return onAudit(cmd.Context(), w, func(ctx context.Context, in *installation.Installation) error {
				return askLedgers(ctx, in, q, cmd.OutOrStdout())
			})
		},
	}
	w.addFlags(cmd)
	q.addFlags(cmd)
	return cmd
}

// question has the flags of a question.
type question struct {
	gateway.EventQuery
	ledgers  []string
	from, to string
	json     bool
}

func (q *question) addFlags(cmd *cobra.Command) {
	q.addFilters(cmd)
	cmd.Flags().IntVar(&q.Limit, "limit", 100, "the greatest number of events from each ledger (0: all)")
	cmd.Flags().BoolVar(&q.json, "json", false, "print one JSON object per event")
}

func (q *question) addFilters(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&q.ledgers, "ledger", nil, "only these ledgers: clients' ids, or operator (default: all)")
	for _, filter := range gateway.EventFilters() {
		finds := strings.ReplaceAll(filter.Finds, "`", "") // pflag would take them for the name of the value
		if filter.Words != nil {
			finds += ": " + strings.Join(filter.Words, ", ")
		}
		f.StringVar(filter.In(&q.EventQuery), filter.Name, "", "only events "+finds)
	}
	f.StringVar(&q.from, "from", "", "only from this time on, as in 2026-11-25T09:30:00Z")
	f.StringVar(&q.to, "to", "", "only before this time, as in 2026-11-26T00:00:00Z")
}

// parse reads the times, and refuses a filter that no event can meet: a mistyped word or
// identifier must not look as if nothing had happened.
func (q *question) parse() error {
	for _, filter := range gateway.EventFilters() {
		if err := checkFilter(filter, *filter.In(&q.EventQuery)); err != nil {
			return err
		}
	}
	for _, t := range []struct {
		text, flag string
		to         *time.Time
	}{{q.from, "from", &q.From}, {q.to, "to", &q.To}} {
		if t.text == "" {
			continue
		}
		parsed, err := time.Parse(time.RFC3339Nano, t.text)
		if err != nil {
			return fmt.Errorf("--%s must be a time as in 2026-11-25T09:30:00Z", t.flag)
		}
		*t.to = parsed
	}
	return nil
}

func checkFilter(f gateway.EventFilter, value string) error {
	switch {
	case value == "":
		return nil
	case f.Words != nil && !slices.Contains(f.Words, value):
		return usageError(fmt.Sprintf("--%s must be one of %s", f.Name, strings.Join(f.Words, ", ")))
	case f.ID != "" && policy.ParseIdentifier(f.ID, value) != nil:
		return usageError(fmt.Sprintf("--%s must be an identifier that begins with %s_", f.Name, f.ID))
	case f.Name == "action" && !event.Action(value).Known():
		return usageError("--action is no action of a ledger: docs/audit.md lists them")
	case f.Name == "country" && !policy.IsCountry(value):
		return usageError("--country must be the code of a country: two capital letters of ISO 3166-1")
	}
	return nil
}

func askLedgers(ctx context.Context, in *installation.Installation, q question, out io.Writer) error {
	ledgers, err := chosenLedgers(ctx, in, q.ledgers)
	if err != nil {
		return err
	}
	print, flush := printer(out, q.json)
	for _, ledger := range ledgers {
		if err := askLedger(ctx, in, ledger, q, print); err != nil {
			return err
		}
	}
	return flush()
}

func askLedger(ctx context.Context, in *installation.Installation, ledger string, q question, print printEvent) error {
	page, left := q.EventQuery, q.Limit
	for {
		page.Limit = 500
		if q.Limit > 0 {
			page.Limit = min(left, 500)
		}
		answer, err := in.Gateway.LocalAsk(ctx, ledger, gateway.LedgerQuestion{Query: page})
		if err != nil {
			return err
		}
		for _, e := range answer.Events {
			if err := print(e, answer.Names); err != nil {
				return err
			}
		}
		left -= len(answer.Events)
		if answer.Next == "" || q.Limit > 0 && left <= 0 {
			return nil
		}
		page.Cursor = answer.Next
	}
}

// printEvent prints an event, with the names of the people in it where the directory
// still has them.
type printEvent func(e event.Event, names map[string]string) error

// printer prints events as a table or as JSON lines.
func printer(out io.Writer, asJSON bool) (print printEvent, flush func() error) {
	if asJSON {
		lines := json.NewEncoder(out)
		return func(e event.Event, names map[string]string) error {
			return lines.Encode(struct {
				event.Event
				Names map[string]string `json:",omitempty"` // of those in this event
			}{e, namesIn(e, names)})
		}, func() error { return nil }
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TIME\tLEDGER\tSEQ\tACTION\tPHASE\tOUTCOME\tREASON\tACTOR\tNAME\tOBJECT\tBYTES")
	return func(e event.Event, names map[string]string) error {
		_, err := fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", e.Time.UTC().Format("2006-01-02T15:04:05.000Z"), e.Ledger,
			e.Seq, e.Action, e.Phase, e.Outcome, e.Reason, e.Actor, cmp.Or(names[e.Actor], "-"), objectOf(e), e.Bytes)
		return err
	}, table.Flush
}

func namesIn(e event.Event, names map[string]string) map[string]string {
	in := map[string]string{}
	for _, id := range []string{e.Actor, e.Subject, e.Organisation, e.Provider} {
		if name := names[id]; name != "" {
			in[id] = name
		}
	}
	return in
}

// objectOf is the narrowest object of the event.
func objectOf(e event.Event) string {
	for _, id := range []string{e.Document, e.Subject, e.Assignment, e.Batch, e.Contract} {
		if id != "" {
			return id
		}
	}
	return "-"
}
