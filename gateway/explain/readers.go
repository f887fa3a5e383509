package explain

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Reader is what a person can read, or could: the documents of one class in one
// assignment. Content is read under an assignment and in no other way, so no one else can
// read it.
type Reader struct {
	Person     choke.PersonID
	Contract   choke.ContractID
	Version    int64 // that decided, 0 when none was in force
	Batch      choke.BatchID
	Assignment choke.AssignmentID
	Class      policy.Class
	Documents  int64
	Bytes      int64
	Decision   policy.Decision // of reading, from one of the contract's sites
	At         time.Time       // of the decision: the first moment at which reading was possible, if any
	LeaseUntil time.Time       // of the lease held then; zero without one
}

// Readers is an answer, by contract, assignment and class.
type Readers struct {
	List     []Reader
	Complete bool // false: there is more than List holds; ask about less
	Ceilings bool // what the person read on the day counts; that is not known about the past
}

// maxReaders bounds an answer.
const maxReaders = 1000

// Subject is what Who asks about: exactly one of them.
type Subject struct {
	Contract choke.ContractID
	Batch    choke.BatchID
	Document choke.DocumentID
}

// Who answers who can read a document, a batch or anything under a contract now, and why.
// It also lists the people to whom it is assigned and who cannot read it, with the
// reason. To ask is a duty of the client's contract managers and compliance officers.
func (ex *Explanations) Who(ctx context.Context, caller choke.Caller, about Subject) (Readers, error) {
	s, err := ex.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionPolicyWho,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) error {
			err := onSubject(ctx, tx, s, about)
			s.OnDuty()
			return err
		},
	})
	if err != nil {
		return Readers{}, err
	}
	var answer Readers
	err = s.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		answer = Readers{Complete: true}
		filter := queries.WorkUnderParams{Batch: string(about.Batch), Document: string(about.Document)}
		return ex.readers(ctx, tx, s.Contract(), filter, func(*past) (span, error) { return instant(s.Now()), nil }, s.Now(), &answer)
	})
	return answer, choke.Unavailable(err)
}

// onSubject makes the subject of the question, and its contract, what the act is about.
func onSubject(ctx context.Context, tx *database.Tx, s *choke.Scene, about Subject) error {
	switch {
	case about.Document != "":
		_, err := s.OnDocument(ctx, tx, about.Document)
		s.Event().Assignment = ""
		return err
	case about.Batch != "":
		_, err := s.OnBatch(ctx, tx, about.Batch)
		return err
	default:
		return s.OnContract(ctx, tx, about.Contract)
	}
}

// When is the time that Past asks about: an instant, or a whole day in the contract's
// zone.
type When struct {
	At time.Time
	On time.Time // the day: its year, month and day; used when At is zero
}

// Past answers what a person could read at a time, under the contracts of the caller's
// organisation, from the facts as they stood then. Ceilings do not count: what was left
// of a day is not kept by the minute. To ask is a duty of the client's contract managers
// and compliance officers.
func (ex *Explanations) Past(ctx context.Context, caller choke.Caller, person choke.PersonID, when When) (Readers, error) {
	var contracts []queries.Contract
	s, err := ex.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionPolicyPast,
		Load: func(ctx context.Context, tx *database.Tx, s *choke.Scene) (err error) {
			own, err := tx.Organisation(ctx, s.Organisation())
			if err != nil {
				return err
			}
			s.OnOrganisation(own)
			p, err := tx.Person(ctx, person)
			if err != nil {
				return err
			}
			if contracts, err = tx.ContractsOf(ctx, queries.ContractsOfParams{Person: p.ID, Client: own.ID}); err != nil {
				return fmt.Errorf("reading contracts: %w", err)
			}
			if len(contracts) == 0 && p.Organisation != own.ID {
				return choke.ErrNotFound // the person has no tie to the client
			}
			s.Event().Subject = string(p.ID)
			s.Event().Private["question"] = when.String()
			return nil
		},
	})
	if err != nil {
		return Readers{}, err
	}
	var answer Readers
	err = s.View(ctx, func(ctx context.Context, tx *database.Tx) error {
		answer = Readers{Complete: true}
		for _, c := range contracts {
			in := func(p *past) (span, error) { return when.in(ctx, p) }
			if err := ex.readers(ctx, tx, c.ID, queries.WorkUnderParams{Person: string(person)}, in, s.Now(), &answer); err != nil {
				return err
			}
		}
		return nil
	})
	return answer, choke.Unavailable(err)
}

func (w When) String() string {
	if !w.At.IsZero() {
		return "at " + w.At.UTC().Format(time.RFC3339Nano)
	}
	return "on " + w.On.Format(time.DateOnly)
}

// in is the time asked about. A day is one in the zone of the newest version.
func (w When) in(ctx context.Context, p *past) (span, error) {
	if !w.At.IsZero() {
		return instant(w.At), nil
	}
	if len(p.versions) == 0 {
		return instant(w.On), nil // nothing was ever in force
	}
	terms, err := p.terms(ctx, p.versions[len(p.versions)-1].Version)
	if err != nil {
		return span{}, err
	}
	from, until := terms.Bounds(w.On)
	return span{from, until}, nil
}

// readers decides about all work under a contract that the filter leaves, at the time
// that in gives, and adds it to the answer. What was read today counts only in questions
// about now.
func (ex *Explanations) readers(ctx context.Context, tx *database.Tx, contract choke.ContractID, filter queries.WorkUnderParams,
	in func(*past) (span, error), now time.Time, answer *Readers) error {
	p, err := ex.pastOf(ctx, tx, contract)
	if err != nil {
		return err
	}
	asked, err := in(p)
	if err != nil {
		return err
	}
	answer.Ceilings = asked.from.Equal(now)
	room := maxReaders - len(answer.List)
	filter.Contract, filter.Since, filter.Before, filter.Limit = contract, queries.At(asked.from), queries.At(asked.until), int32(room+1)
	rows, err := tx.WorkUnder(ctx, filter)
	if err != nil {
		return fmt.Errorf("reading assignments: %w", err)
	}
	if len(rows) > room {
		rows, answer.Complete = rows[:room], false
	}
	for _, row := range rows {
		w, err := p.work(ctx, row)
		if err != nil {
			return err
		}
		r, err := p.reader(ctx, w, asked, now)
		if err != nil {
			return err
		}
		answer.List = append(answer.List, r)
	}
	return nil
}

// reader decides about one piece of work at the first moment in the span at which it
// could be read. If there is none, it decides at the first moment at which the work was
// assigned.
func (p *past) reader(ctx context.Context, w work, in span, now time.Time) (Reader, error) {
	moments, err := p.moments(ctx, w, in)
	if err != nil {
		return Reader{}, err
	}
	var refused *Reader
	assigned := false // when refused
	for _, t := range moments {
		f := p.facts(w, t)
		if in.from.Equal(now) {
			if err := p.countToday(ctx, &f); err != nil {
				return Reader{}, err
			}
		}
		r := Reader{Person: w.Person, Contract: w.Contract, Version: p.version(t), Batch: w.Batch,
			Assignment: w.Assignment, Class: w.Class, Documents: w.Documents, Bytes: w.Bytes, At: t.UTC()}
		terms, err := p.terms(ctx, r.Version)
		if err != nil {
			return Reader{}, err
		}
		if r.Decision, err = p.decideFrom(terms, f, sitesOf(terms)); err != nil {
			return Reader{}, err
		}
		if r.Decision.Allowed {
			l, _ := newestLease(w.leases, t)
			r.LeaseUntil = l.ValidUntil.Time()
			return r, nil
		}
		if refused == nil || f.Work.Assigned && !assigned {
			refused, assigned = &r, f.Work.Assigned
		}
	}
	return *refused, nil
}
