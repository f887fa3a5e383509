package explain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Impact is what a version of a contract would change if it came into force, or what it
// changed if it is in force already.
type Impact struct {
	Before, After int64            // versions; Before is 0 when none is in force
	Problems      []policy.Problem // what keeps the version from being approved
	Terms         []policy.Change
	Rules         []RuleChange
	Readers       []ReaderChange // of what is assigned now
	Complete      bool           // false: there are more Readers
}

// RuleChange is an access that opens or closes, with whom and what it touches today.
type RuleChange struct {
	Opens     bool
	Rule      policy.Rule
	Members   []choke.PersonID // who hold the role
	Documents int64            // received under the class; of all classes for an act on a whole
	Bytes     int64
}

// ReaderChange is a person who can read under one version and not under the other, or who
// can read under neither, for different reasons.
type ReaderChange struct {
	Reader // as things are now
	After  policy.Decision
}

// Impact answers what a version would open and close, before or after it is approved. The
// version is compared with the one in force now. To ask is a duty of the client's
// contract managers and compliance officers.
func (ex *Explanations) Impact(ctx context.Context, caller choke.Caller, id choke.ContractID, version int64) (Impact, error) {
	var proposed queries.ContractVersion
	s, err := ex.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionPolicyImpact,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			if err := s.OnContract(ctx, tx, id); err != nil {
				return err
			}
			s.OnDuty()
			proposed, err = tx.ContractVersion(ctx, queries.ContractVersionParams{Contract: id, Version: version})
			return err
		},
	})
	if err != nil {
		return Impact{}, err
	}
	var answer Impact
	err = s.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		c := comparison{now: s.Now()}
		if c.past, err = ex.pastOf(ctx, tx, id); err != nil {
			return err
		}
		answer, err = c.compare(ctx, proposed)
		return err
	})
	return answer, choke.Unavailable(err)
}

// comparison compares two versions of one contract.
type comparison struct {
	*past
	now           time.Time
	before, after *policy.Terms // before is nil when no version is in force
	impact        Impact
}

func (c *comparison) compare(ctx context.Context, proposed queries.ContractVersion) (Impact, error) {
	old := c.inForce(c.now)
	c.impact = Impact{Before: old.Version, After: proposed.Version, Complete: true}
	var err error
	if c.after, err = termsOf(proposed); err != nil {
		return Impact{}, err
	}
	c.impact.Problems = append(c.after.Missing(), c.after.Unenforceable()...)
	if c.impact.Before != 0 {
		if c.before, err = termsOf(old); err != nil {
			return Impact{}, err
		}
		if c.impact.Terms, err = policy.Diff(old.Terms, proposed.Terms); err != nil {
			return Impact{}, fmt.Errorf("comparing terms: %w", err)
		}
	}
	if err := c.rules(ctx); err != nil {
		return Impact{}, err
	}
	if c.before != nil && len(c.impact.Problems) == 0 {
		err = c.readers(ctx)
	}
	return c.impact, err
}

// termsOf parses the terms of a stored version.
func termsOf(row queries.ContractVersion) (*policy.Terms, error) {
	terms, err := policy.ParseTerms(row.Terms)
	if err != nil {
		return nil, fmt.Errorf("reading stored terms: %w", err)
	}
	return terms, nil
}

// rules finds the rules that come and go.
func (c *comparison) rules(ctx context.Context) error {
	members, err := c.tx.MembersOf(ctx, queries.MembersOfParams{Contract: c.contract.ID, Now: queries.At(c.now)})
	if err != nil {
		return fmt.Errorf("reading members: %w", err)
	}
	classes, err := c.tx.DocumentsByClass(ctx, c.contract.ID)
	if err != nil {
		return fmt.Errorf("counting documents: %w", err)
	}
	before := c.before
	if before == nil {
		before = &policy.Terms{}
	}
	add := func(rules []policy.Rule, opens bool) {
		for _, r := range rules {
			change := RuleChange{Opens: opens, Rule: r}
			for _, m := range members {
				if m.Role == r.Role && !slices.Contains(change.Members, m.Person) {
					change.Members = append(change.Members, m.Person)
				}
			}
			for _, class := range classes {
				if policy.Class(r.Class) == class.Class || r.Class == policy.WholeClass {
					change.Documents, change.Bytes = change.Documents+class.Documents, change.Bytes+class.Bytes
				}
			}
			c.impact.Rules = append(c.impact.Rules, change)
		}
	}
	opened, closed := policy.Compare(before, c.after)
	if c.before == nil {
		closed = nil // there was nothing
	}
	add(closed, false)
	add(opened, true)
	return nil
}

// readers decides under both versions about everything that is assigned now. It decides
// from the sites of the version in force, and at the next time at which that version lets
// people work.
func (c *comparison) readers(ctx context.Context) error {
	before, err := c.terms(ctx, c.impact.Before)
	if err != nil {
		return err
	}
	after, err := policy.Compile(string(c.contract.ID), c.impact.After, c.after)
	if err != nil {
		return fmt.Errorf("compiling terms: %w", err)
	}
	rows, err := c.tx.WorkUnder(ctx, queries.WorkUnderParams{Contract: c.contract.ID, Since: queries.At(c.now), Before: queries.At(c.now) + 1,
		Limit: maxReaders + 1})
	if err != nil {
		return fmt.Errorf("reading assignments: %w", err)
	}
	if len(rows) > maxReaders {
		rows, c.impact.Complete = rows[:maxReaders], false
	}
	at := before.Open(c.now)
	for _, row := range rows {
		w, err := c.work(ctx, row)
		if err != nil {
			return err
		}
		f := c.facts(w, c.now)
		f.Now = at
		r := ReaderChange{Reader: Reader{Person: w.Person, Contract: w.Contract, Version: c.impact.Before,
			Batch: w.Batch, Assignment: w.Assignment, Class: w.Class, Documents: w.Documents,
			Bytes: w.Bytes, At: at}}
		if r.Decision, err = c.decideFrom(before, f, before.Addresses()); err != nil {
			return err
		}
		if r.After, err = c.decideFrom(after, f, before.Addresses()); err != nil {
			return err
		}
		if r.Decision.Reason != r.After.Reason {
			c.impact.Readers = append(c.impact.Readers, r)
		}
	}
	return nil
}
