package verify

import (
	"github.com/bordereau/bordereau/audit/event"
)

// row checks one event of the copy. A wrong leaf becomes part of the tree too: the root
// shows whether it was so when it was signed.
func (v *verification) row(r Row) error {
	v.report.Events++
	v.place(r.Seq)
	if e, err := event.Parse(r.Leaf); err != nil {
		v.report.problem(KindLeaf, r.Seq, "the leaf is not an event in its one form")
	} else {
		v.event(r, e)
		if err := v.control(r.Seq, e); err != nil {
			return err
		}
	}
	if err := v.tree.add(r.Leaf); err != nil {
		return err
	}
	return v.compare()
}

// place checks that the events come one after the other from 0. After a gap it goes on
// from there, so that one missing event is one problem.
func (v *verification) place(seq int64) {
	switch {
	case seq > v.next:
		v.report.problem(KindMissing, v.next, "%d events are missing from here on", seq-v.next)
	case seq < v.next:
		v.report.problem(KindOrder, seq, "the event comes a second time, or too late")
	}
	v.next = max(v.next, seq+1)
}

func (v *verification) event(r Row, e event.Event) {
	if e.Ledger != v.report.Ledger {
		v.report.problem(KindLedger, r.Seq, "the event is of another ledger")
	}
	if e.Seq != r.Seq {
		v.report.problem(KindPlace, r.Seq, "the leaf was written as event %d", e.Seq)
	}
	if e.Time.Before(v.last) {
		v.report.problem(KindTime, r.Seq, "the event is dated before the one it follows")
	}
	if v.report.From.IsZero() {
		v.report.From = e.Time
	}
	v.last = e.Time
	v.private(r, e)
	v.columns(r, e)
	if v.index != nil {
		v.index.event(r.Seq, e)
	}
	v.erasure(e)
	v.grant(r.Seq, e)
}

func (v *verification) private(r Row, e event.Event) {
	switch {
	case r.Private == nil && e.Commitment != "":
		v.report.Erased++
		if r.Columns != nil { // from a database, which would have it; a published ledger never does
			v.gone++
		}
	case r.Private != nil && !r.Private.Check(e.Commitment):
		v.report.problem(KindPrivate, r.Seq, "the erasable data is not what the leaf commits to")
	}
}

// grant follows accesses to content from their grant to their end. A refused end ends
// nothing: the access is then orphaned, and another event closes it.
func (v *verification) grant(seq int64, e event.Event) {
	switch e.Phase {
	case event.PhaseGrant:
		if e.Outcome == event.OutcomeAllow {
			v.grants.begin(seq, e)
		}
	case event.PhaseCompleted, event.PhaseAborted, event.PhaseUnknown:
		if !v.grants.known(e) {
			v.report.problem(KindGrant, seq, "the event ends an access that was not open")
		} else if e.Outcome != event.OutcomeDeny {
			v.grants.end(e)
		}
	}
}
