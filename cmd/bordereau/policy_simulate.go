package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

// simulated are the flags that describe a request to try. A fact without a flag does not
// hold.
type simulated struct {
	action, address, class, mediaType         string
	status, batch, document, lease, at, ended string
	roles                                     []string
	left, assigned                            bool
	version, size, readDocuments, readBytes   int64
}

func policySimulateCommand() *cobra.Command {
	var f simulated
	cmd := overAPI(&cobra.Command{
		Use:   "simulate CONTRACT",
		Short: "Try a request: show the decision and every condition of it",
		Long: "Try a request that you describe with flags, by any version of a contract, approved or not. The answer has the decision and the " +
			"result of every condition. A fact that you do not give does not hold: without --lease there is no lease. The command opens " +
			"no document, and its exit code is 0 whether the answer is allowed or denied.\n\n" +
			"    bordereau policy simulate c_… --action document.read --role handler \\\n" +
			"        --class form --assigned --lease held",
		Args: cobra.ExactArgs(1),
	}, func(ctx context.Context, c *api.Client, s screen, args []string) error {
		facts, err := f.facts()
		if err != nil {
			return err
		}
		simulation, text, err := api.Read[api.Simulation](c.Simulate(ctx, args[0], facts))
		if err != nil {
			return err
		}
		return s.show(text, simulationTable(simulation))
	})
	f.addFlags(cmd)
	return cmd
}

func (s *simulated) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.action, "action", "", "the requested action, as in document.read")
	f.StringSliceVar(&s.roles, "role", nil, "the person's roles on the contract, as in handler")
	f.Int64Var(&s.version, "version", 0, "the version that decides (default: the one in force)")
	f.StringVar(&s.at, "at", "", "time of the request, as in 2026-11-25T09:30:00Z (default: now)")
	f.StringVar(&s.address, "address", "", "address from which the request comes, as in 192.0.2.7")
	f.StringVar(&s.status, "status", "", "the contract's status (default: its present one)")
	f.StringVar(&s.ended, "ended", "", "time at which the contract was terminated")
	f.BoolVar(&s.left, "left", false, "the person has left")
	f.StringVar(&s.class, "class", "", "the document's class")
	f.StringVar(&s.mediaType, "media-type", "", "the document's media type")
	f.Int64Var(&s.size, "size", -1, "the document's size in bytes (default: not known)")
	f.StringVar(&s.batch, "batch-state", "", "state of the batch: open or sealed")
	f.StringVar(&s.document, "document-state", "", "state of the document: receiving, received, abandoned or erased")
	f.BoolVar(&s.assigned, "assigned", false, "the document is assigned to the person")
	f.StringVar(&s.lease, "lease", "", "the lease: held, expired, or other for another person's")
	f.Int64Var(&s.readDocuments, "read-documents", 0, "number of documents that the person has read under the contract today")
	f.Int64Var(&s.readBytes, "read-bytes", 0, "number of bytes that the person has read under the contract today")
	required(cmd, "action", "role")
}

func (s *simulated) facts() (api.SimulatedFacts, error) {
	member := !s.left
	facts := api.SimulatedFacts{Action: s.action, Member: &member, Assigned: &s.assigned, Version: optional(s.version),
		Address: optional(s.address), Class: optional(s.class), MediaType: optional(s.mediaType),
		Status: optional(api.ContractStatus(s.status)), Batch: optional(api.BatchState(s.batch)),
		Document: optional(api.DocumentState(s.document)), Lease: optional(api.SimulatedFactsLease(s.lease)),
		ReadDocuments: optional(s.readDocuments), ReadBytes: optional(s.readBytes)}
	for _, role := range s.roles {
		facts.Roles = append(facts.Roles, api.Role(role))
	}
	if s.size >= 0 {
		facts.Size = &s.size
	}
	for _, t := range []struct {
		text, flag string
		to         **time.Time
	}{{s.at, "at", &facts.At}, {s.ended, "ended", &facts.Ended}} {
		if t.text == "" {
			continue
		}
		moment, err := time.Parse(time.RFC3339, t.text)
		if err != nil {
			return facts, usageError("--" + t.flag + " must be a time as in 2026-11-25T09:30:00Z")
		}
		*t.to = &moment
	}
	return facts, nil
}

func simulationTable(s api.Simulation) func(io.Writer) {
	return func(w io.Writer) {
		d := s.Decision
		answer := "allowed"
		if !d.Allowed {
			answer = "denied: " + d.Reason
		}
		row(w, "answer", answer)
		row(w, "version", s.Version)
		row(w, "role", value(d.Role))
		row(w, "clause", value(d.Clause))
		row(w, "site", value(d.Site))
		row(w, "country", value(d.Country))
		row(w)
		row(w, "CONDITION", "HOLDS", "REASON")
		for _, c := range s.Conditions {
			row(w, c.Condition, yesNo(c.Holds), c.Reason)
		}
	}
}
