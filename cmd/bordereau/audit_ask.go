package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/installation"
)

func auditQuestionsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "questions",
		Short: "List the named questions of `audit ask`, with their parameters",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listQuestions(cmd.OutOrStdout(), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per question")
	return cmd
}

func listQuestions(out io.Writer, asJSON bool) error {
	lines := json.NewEncoder(out)
	for _, q := range ask.Questions() {
		if asJSON {
			if err := lines.Encode(q); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(out, "%s\n    %s\n", q.Name, q.Answers)
		for _, p := range q.Parameters {
			fmt.Fprintf(out, "    --%s: %s\n", p.Name, p.Means)
		}
	}
	return nil
}

func auditAskCommand() *cobra.Command {
	var w where
	var q question
	var asked gateway.LedgerQuestion
	cmd := &cobra.Command{
		Use:   "ask NAME",
		Short: "Ask one ledger a named question, as in who-read",
		Long: "Ask one ledger a named question, as in\n\n" +
			"    bordereau audit ask who-read --ledger o_… --document d_… --data DIR\n\n" +
			"`bordereau audit questions` lists the questions. Each filter narrows the answer. The answer is a list of events, newest " +
			"first, or a table of sums, largest first. Sums cover the last 30 days, or the time since --from. The ledger records the " +
			"question as one of the operator of this machine.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.parse(); err != nil {
				return err
			}
			if len(q.ledgers) != 1 {
				return fmt.Errorf("a question goes to one ledger: name it with --ledger")
			}
			asked.Question = args[0]
			return onAudit(cmd.Context(), w, func(ctx context.Context, in *installation.Installation) error {
				return askByName(ctx, in, q, asked, cmd.OutOrStdout())
			})
		},
	}
	w.addFlags(cmd)
	q.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&asked.Which, "which", "", "denials: `first` shows only the first refusal of each person")
	f.IntVar(&asked.Least, "least", 0, "repeated-denials: show people with at least so many refusals (default 3)")
	f.StringSliceVar(&asked.Countries, "countries", nil, "outside-hours-or-country: the countries where reading is expected, as in FR,TN")
	f.StringVar(&asked.Hours, "hours", "", "outside-hours-or-country: the hours when reading is expected, as in 08:00-18:00")
	f.StringVar(&asked.Zone, "zone", "", "outside-hours-or-country: the time zone of --hours, as in Europe/Paris (default UTC)")
	return cmd
}

func askByName(ctx context.Context, in *installation.Installation, q question, asked gateway.LedgerQuestion, out io.Writer) error {
	ledgers, err := chosenLedgers(ctx, in, q.ledgers)
	if err != nil {
		return err
	}
	print, flush := printer(out, q.json)
	printGroups := groupPrinter(out, q.json)
	asked.Query = q.EventQuery
	for left := q.Limit; ; {
		asked.Limit = ask.MaxPage
		if q.Limit > 0 {
			asked.Limit = min(left, ask.MaxPage)
		}
		answer, err := in.Gateway.LocalAsk(ctx, ledgers[0], asked)
		if err != nil {
			return err
		}
		if !answer.From.IsZero() {
			return printGroups(answer)
		}
		for _, e := range answer.Events {
			if err := print(e, answer.Names); err != nil {
				return err
			}
		}
		left -= len(answer.Events)
		if answer.Next == "" || q.Limit > 0 && left <= 0 {
			return flush()
		}
		asked.Cursor = answer.Next
	}
}

func groupPrinter(out io.Writer, asJSON bool) func(gateway.LedgerAnswer) error {
	if asJSON {
		return func(a gateway.LedgerAnswer) error {
			lines := json.NewEncoder(out)
			for _, g := range a.Groups {
				err := lines.Encode(struct {
					gateway.Group
					Name string `json:",omitempty"`
				}{g, a.Names[g.Key]})
				if err != nil {
					return err
				}
			}
			return nil
		}
	}
	return func(a gateway.LedgerAnswer) error {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "KEY\tNAME\tEVENTS\tDOCUMENTS\tPEOPLE\tBYTES\tFIRST\tLAST")
		for _, g := range a.Groups {
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%s\t%s\n", g.Key, a.Names[g.Key], g.Events, g.Documents, g.Actors, g.Bytes,
				g.First.Format(time.RFC3339), g.Last.Format(time.RFC3339))
		}
		return table.Flush()
	}
}
