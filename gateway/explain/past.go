package explain

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// span is a piece of time: from From on, before Until.
type span struct{ from, until time.Time }

// instant is the shortest piece of time that there is.
func instant(t time.Time) span { return span{t, t.Add(time.Microsecond)} }

// has says whether t is inside the span.
func (s span) has(t time.Time) bool { return !t.Before(s.from) && t.Before(s.until) }

// past is what stood under one contract, with the intervals in which it stood. It gives
// the facts of any time, and those of now in the same way.
type past struct {
	door     *choke.Door
	tx       *database.Tx
	contract queries.Contract
	statuses []queries.ContractStatus
	versions []queries.ContractVersion // those that were approved

	people      map[choke.PersonID]queries.PersonRow
	memberships map[choke.PersonID][]queries.Membership
	batches     map[choke.BatchID][]queries.BatchState
	leases      map[choke.AssignmentID][]queries.Lease
	openings    map[int64][]time.Time // of a version, in the span asked about
}

func (ex *Explanations) pastOf(ctx context.Context, tx *database.Tx, id choke.ContractID) (*past, error) {
	p := &past{door: ex.door, tx: tx, people: map[choke.PersonID]queries.PersonRow{}, memberships: map[choke.PersonID][]queries.Membership{},
		batches: map[choke.BatchID][]queries.BatchState{}, leases: map[choke.AssignmentID][]queries.Lease{},
		openings: map[int64][]time.Time{}}
	var err error
	if p.contract, err = tx.Contract(ctx, id); err != nil {
		return nil, fmt.Errorf("reading contract: %w", err)
	}
	if p.statuses, err = tx.ContractStatuses(ctx, id); err != nil {
		return nil, fmt.Errorf("reading contract statuses: %w", err)
	}
	versions, err := tx.ContractVersions(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("listing versions: %w", err)
	}
	p.versions = slices.DeleteFunc(versions, func(v queries.ContractVersion) bool { return v.Approved == 0 })
	return p, nil
}

// status is the contract's status at a time, and the time of its termination as the facts
// have it.
func (p *past) status(t time.Time) (status queries.ContractStatus, terminated time.Time) {
	for _, s := range p.statuses {
		if choke.Within(s.ValidFrom, s.ValidUntil, t) {
			status = s
		}
	}
	if status.Status != policy.StatusTerminated {
		return status, time.Time{}
	}
	for _, s := range p.statuses {
		if s.ValidUntil == status.ValidFrom && s.Status == policy.StatusSuspended {
			return status, time.Time{}
		}
	}
	return status, status.ValidFrom.Time()
}

// inForce is the version in force at a time; the zero row when there was none.
func (p *past) inForce(t time.Time) (row queries.ContractVersion) {
	status, _ := p.status(t)
	at := queries.At(choke.DecidedAt(status, t))
	for _, v := range p.versions {
		if v.Approved <= at && v.EffectiveFrom <= at {
			row = v
		}
	}
	return row
}

// version is the number of the version in force at a time, 0 when there was none.
func (p *past) version(t time.Time) int64 { return p.inForce(t).Version }

// terms are the compiled terms of a version; nil for none.
func (p *past) terms(ctx context.Context, version int64) (*policy.Compiled, error) {
	if version == 0 {
		return nil, nil
	}
	return p.door.Compiled(ctx, p.tx, p.contract.ID, version)
}

// remember reads something once.
func remember[K comparable, T any](known map[K]T, key K, read func() (T, error)) (T, error) {
	if v, ok := known[key]; ok {
		return v, nil
	}
	v, err := read()
	if err == nil {
		known[key] = v
	}
	return v, err
}

// work is the documents of one class in an assignment, with all that a decision about
// them needs.
type work struct {
	queries.WorkUnderRow
	person      queries.PersonRow
	memberships []queries.Membership
	batch       []queries.BatchState
	leases      []queries.Lease
}

func (p *past) work(ctx context.Context, row queries.WorkUnderRow) (w work, err error) {
	w.WorkUnderRow = row
	if w.person, err = remember(p.people, row.Person, func() (queries.PersonRow, error) { return p.tx.Person(ctx, row.Person) }); err != nil {
		return w, fmt.Errorf("reading person: %w", err)
	}
	if w.memberships, err = remember(p.memberships, row.Person, func() ([]queries.Membership, error) {
		return p.tx.MembershipsOf(ctx, queries.MembershipsOfParams{Person: row.Person, Contract: p.contract.ID})
	}); err != nil {
		return w, fmt.Errorf("reading memberships: %w", err)
	}
	if w.batch, err = remember(p.batches, row.Batch, func() ([]queries.BatchState, error) { return p.tx.BatchStates(ctx, row.Batch) }); err != nil {
		return w, fmt.Errorf("reading batch states: %w", err)
	}
	if w.leases, err = remember(p.leases, row.Assignment, func() ([]queries.Lease, error) { return p.tx.LeasesOf(ctx, row.Assignment) }); err != nil {
		return w, fmt.Errorf("reading leases: %w", err)
	}
	return w, nil
}

// facts are those of reading the work at a time, as the act itself would have read them
// then. Two are left out: what the person had read on that day, and the address, which
// the caller of this function chooses.
func (p *past) facts(w work, t time.Time) policy.Facts {
	status, terminated := p.status(t)
	f := policy.Facts{
		Action: policy.ActionDocumentRead, Person: w.Person, Organisation: w.person.Organisation, Now: t,
		Class:        w.Class,
		MemberActive: choke.Within(w.person.ValidFrom, w.person.ValidUntil, t),
		Object:       &policy.Object{Organisation: p.contract.Client},
		Contract:     &policy.Contract{Status: status.Status, Terminated: terminated},
		Batch:        &policy.Batch{State: batchAt(w.batch, t), Resent: false},
		Document:     &policy.Document{State: w.documentAt(t), Size: w.Smallest},
		Work:         &policy.Work{Assigned: choke.Within(w.ValidFrom, queries.Micros(w.Ended), t), Lease: leaseAt(w.leases, w.Person, t)},
	}
	for _, m := range w.memberships {
		if f.MemberActive && choke.Within(m.ValidFrom, m.ValidUntil, t) {
			f.Roles = append(f.Roles, m.Role)
		}
	}
	return f
}

// batchAt is the state of a batch at a time; empty while it was not there.
func batchAt(states []queries.BatchState, t time.Time) (state policy.BatchState) {
	for _, s := range states {
		if choke.Within(s.ValidFrom, s.ValidUntil, t) {
			state = s.State
		}
	}
	return state
}

// documentAt is the state of the work's documents at a time; empty while they were not
// received.
func (w work) documentAt(t time.Time) policy.DocumentState {
	switch {
	case queries.Micros(w.Erased) <= queries.At(t):
		return policy.DocumentErased
	case queries.Micros(w.Received) <= queries.At(t):
		return policy.DocumentReceived
	}
	return ""
}

// leaseAt is the state of an assignment's lease at a time. Of the leases that had begun,
// the one that ends last counts.
func leaseAt(leases []queries.Lease, person choke.PersonID, t time.Time) policy.LeaseState {
	newest, ok := newestLease(leases, t)
	switch {
	case !ok:
		return policy.LeaseNone
	case newest.Person != person:
		return policy.LeaseOther
	case choke.Within(newest.ValidFrom, newest.ValidUntil, t):
		return policy.LeaseHeld
	default:
		return policy.LeaseExpired
	}
}

func newestLease(leases []queries.Lease, t time.Time) (newest queries.Lease, ok bool) {
	for _, l := range leases {
		if l.ValidFrom <= queries.At(t) && (!ok || l.ValidUntil > newest.ValidUntil) {
			newest, ok = l, true
		}
	}
	return newest, ok
}

// moments are the times in the span at which an access to the work can have begun, in
// their order: the start of the span, and every moment at which a fact began to hold.
// Every condition holds in intervals, so an access that was possible at any time in the
// span was possible at one of these.
func (p *past) moments(ctx context.Context, w work, in span) ([]time.Time, error) {
	starts := []time.Time{in.from}
	add := func(t time.Time) {
		if in.has(t) {
			starts = append(starts, t)
		}
	}
	for _, us := range []queries.Micros{w.ValidFrom, queries.Micros(w.Received), w.person.ValidFrom} {
		add(us.Time())
	}
	for _, m := range w.memberships {
		add(m.ValidFrom.Time())
	}
	for _, s := range w.batch {
		add(s.ValidFrom.Time())
	}
	for _, l := range w.leases {
		add(l.ValidFrom.Time())
	}
	for _, s := range p.statuses {
		add(s.ValidFrom.Time())
	}
	for _, v := range p.versions {
		add(max(v.Approved, v.EffectiveFrom).Time())
		openings, ok := p.openings[v.Version]
		if !ok {
			terms, err := p.terms(ctx, v.Version)
			if err != nil {
				return nil, err
			}
			openings = terms.Openings(in.from, in.until)
			p.openings[v.Version] = openings
		}
		for _, t := range openings {
			add(t)
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	return slices.CompactFunc(starts, time.Time.Equal), nil
}

// countToday adds what the person has read today.
func (p *past) countToday(ctx context.Context, f *policy.Facts) error {
	terms, err := p.terms(ctx, p.version(f.Now))
	if err != nil || terms == nil {
		return err
	}
	sums, err := p.tx.ReadingOf(ctx, queries.ReadingOfParams{Contract: p.contract.ID, Person: f.Person, Day: terms.Day(f.Now)})
	if err != nil && !choke.IsNoRows(err) {
		return fmt.Errorf("reading today's sums: %w", err)
	}
	f.Reading = &policy.Reading{Documents: sums.Documents, Bytes: sums.Bytes, Counted: false, Skipped: 0, Reserved: false}
	return nil
}

// decideFrom decides from the first of the addresses from which the access is allowed, or
// from the first of all when it is allowed from none. Nil terms mean that no version is
// in force. Ceilings count only when the facts say what the person read on the day.
func (p *past) decideFrom(terms *policy.Compiled, f policy.Facts, addresses []netip.Addr) (policy.Decision, error) {
	if terms == nil {
		d := policy.NotInForce(f)
		return d, p.door.CheckFacts(f.Action, d)
	}
	decide := terms.Decide
	if f.Reading == nil {
		decide = terms.DecideUncounted
	}
	var refused policy.Decision
	for i, address := range addresses {
		f.Address = address
		d := decide(f)
		if err := p.door.CheckFacts(f.Action, d); err != nil || d.Allowed {
			return d, err
		}
		if i == 0 {
			refused = d
		}
	}
	return refused, nil
}

// sitesOf gives an address of each site of the terms.
func sitesOf(terms *policy.Compiled) []netip.Addr {
	if terms == nil {
		return nil
	}
	return terms.Addresses()
}
