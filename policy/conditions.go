package policy

import "slices"

// condition is a check that must hold, on some acts or on all.
type condition struct {
	name  string
	on    []Action // empty: every act
	needs []Group  // the groups of facts that check may read, beside the ungrouped ones
	check func(*question) Reason
}

// withoutTerms are the conditions that need no terms, in their order.
var withoutTerms = []condition{
	{name: "member", check: isMember},
	{name: "role", check: hasRole},
	{name: "status", needs: []Group{GroupContract}, check: isActive},
}

// conditions are all conditions of a contract, in their order. The package documentation
// gives the same order, because a refusal names the first that fails.
var conditions = slices.Concat(withoutTerms, []condition{
	{name: "begun", check: hasBegun},
	{name: "not-expired", needs: []Group{GroupContract}, check: hasNotExpired},
	{name: "rule", needs: []Group{GroupContract}, check: hasRule},
	{name: "media-type", on: []Action{ActionDocumentReceive}, needs: []Group{GroupIncoming}, check: isOfMediaType},
	{name: "size", on: []Action{ActionDocumentReceive}, needs: []Group{GroupIncoming}, check: isNotTooLarge},
	{name: "not-empty", on: []Action{ActionDocumentReceive}, needs: []Group{GroupIncoming}, check: isNotEmpty},
	{name: "site", on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isAtSite},
	{name: "hours", on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isWithinHours},
	{name: "batch-open", on: []Action{ActionDocumentReceive, ActionBatchSeal, ActionDocumentWithdraw, ActionBatchWithdraw},
		needs: []Group{GroupBatch}, check: isBatchOpen},
	{name: "batch-sealed", on: []Action{ActionBatchRead, ActionAssignmentCreate, ActionAssignmentLease, ActionAssignmentInspect,
		ActionAssignmentRevoke, ActionAssignmentRelease, ActionDocumentInspect, ActionDocumentRead}, needs: []Group{GroupBatch}, check: isBatchSealed},
	{name: "not-held", on: []Action{ActionDocumentWithdraw, ActionBatchWithdraw}, needs: []Group{GroupHolds}, check: isNotHeld},
	{name: "document-received", on: []Action{ActionDocumentRead}, needs: []Group{GroupDocument}, check: isReceived},
	{name: "assigned", on: []Action{ActionAssignmentLease, ActionAssignmentRelease, ActionDocumentRead}, needs: []Group{GroupWork}, check: isAssigned},
	{name: "assigned-to-handler", on: []Action{ActionDocumentInspect}, needs: []Group{GroupWork}, check: isAssignedToHandler},
	{name: "lease", on: []Action{ActionDocumentRead}, needs: []Group{GroupWork}, check: isLeased},
	{name: "ceiling-documents", on: []Action{ActionDocumentRead}, needs: []Group{GroupReading}, check: isBelowDocuments},
	{name: "ceiling-bytes", on: []Action{ActionDocumentRead}, needs: []Group{GroupReading, GroupDocument}, check: isBelowBytes},
})

// withoutCeilings are the conditions of a contract except the ceilings.
var withoutCeilings = slices.DeleteFunc(slices.Clone(conditions), func(c condition) bool {
	return slices.Contains(c.needs, GroupReading)
})

// applies reports whether the condition must hold on the act.
func (c condition) applies(a Action) bool { return c.on == nil || slices.Contains(c.on, a) }

// reason gives the reason for which the condition does not hold. It is ReasonFactMissing,
// and nothing is checked, while a group that the condition needs was not read.
func (c condition) reason(q *question) Reason {
	for _, g := range c.needs {
		if !q.has(g) {
			q.missing = g
			return ReasonFactMissing
		}
	}
	return c.check(q)
}

// answer gives the reason of the first condition that fails.
func (q *question) answer(list []condition) Reason {
	for _, c := range list {
		if !c.applies(q.Action) {
			continue
		}
		if reason := c.reason(q); reason != ReasonAllowed {
			return reason
		}
	}
	return ReasonAllowed
}

// unless gives the reason when the condition does not hold.
func unless(holds bool, reason Reason) Reason {
	if holds {
		return ReasonAllowed
	}
	return reason
}

func isMember(q *question) Reason { return unless(q.MemberActive, ReasonNotAMember) }

func hasRole(q *question) Reason { return unless(len(q.Roles) > 0, ReasonNoRole) }

func isActive(q *question) Reason {
	switch q.Contract.Status {
	case StatusActive:
		return ReasonAllowed
	case StatusSuspended:
		return ReasonContractSuspended
	case StatusTerminated:
		return q.afterEnd(ReasonContractTerminated)
	case StatusExited:
		return ReasonContractExited
	default:
		return ReasonNotInForce
	}
}

func hasBegun(q *question) Reason {
	return unless(!q.Now.Before(q.terms.Validity.From), ReasonContractNotBegun)
}

func hasNotExpired(q *question) Reason {
	if q.terms.Validity.Until.IsZero() || q.Now.Before(q.terms.Validity.Until) {
		return ReasonAllowed
	}
	return q.afterEnd(ReasonContractExpired)
}

// afterEnd gives the reason for an act after the contract's end: none while a rule of the
// wind-down allows the act, and ended where there is no such rule.
func (q *question) afterEnd(ended Reason) Reason {
	switch {
	case !q.winding:
		return ended
	case q.Now.Before(q.ended.In(q.terms.Validity.Zone).AddDate(0, 0, int(q.windDown[q.role]))):
		return ReasonAllowed
	default:
		return ReasonWindDownOver
	}
}

func hasRule(q *question) Reason {
	if q.Class != "" && q.class == nil {
		return ReasonUnknownClass
	}
	return unless(q.clause != "", ReasonNoRule)
}

// isOfMediaType compares exactly, but for aliases: the fact must be in lower case, as the
// terms are.
func isOfMediaType(q *question) Reason {
	if q.class == nil {
		return ReasonUnknownClass
	}
	return unless(q.class.types.take(q.Incoming.MediaType), ReasonMediaType)
}

// isNotTooLarge accepts an unknown size: an Upload asks again when the bytes are counted.
func isNotTooLarge(q *question) Reason {
	if q.class == nil {
		return ReasonUnknownClass
	}
	return q.class.fits(q.Incoming.Size)
}

func isNotEmpty(q *question) Reason {
	if q.class == nil {
		return ReasonUnknownClass
	}
	return unless(q.Incoming.Size != 0 || q.class.AllowEmpty, ReasonEmptyDocument)
}

func isAtSite(q *question) Reason { return unless(q.site != nil, ReasonSite) }

func isWithinHours(q *question) Reason {
	if len(q.hours) == 0 {
		return ReasonAllowed
	}
	now := q.Now.In(q.terms.Validity.Zone)
	return unless(slices.ContainsFunc(q.hours, func(w window) bool { return w.has(now) }), ReasonHours)
}

// isBatchOpen allows a repeated request: a client whose answer was lost asks again and
// changes nothing.
func isBatchOpen(q *question) Reason {
	return unless(q.Batch.State == BatchOpen || q.Batch.Resent, ReasonBatchState)
}

// isBatchSealed shows an open batch only to the client that fills it: an open batch can
// still change and was not sent.
func isBatchSealed(q *question) Reason {
	return unless(q.role == RoleClientSystem || q.Batch.State == BatchSealed, ReasonBatchNotSealed)
}

func isReceived(q *question) Reason {
	return unless(q.Document.State == DocumentReceived, ReasonDocumentState)
}

func isAssigned(q *question) Reason { return unless(q.Work.Assigned, ReasonNotAssigned) }

// isAssignedToHandler hides a document's record, which has its file name, from handlers
// without an assignment to it.
func isAssignedToHandler(q *question) Reason {
	return unless(q.role != RoleHandler || q.Work.Assigned, ReasonNotAssigned)
}

func isLeased(q *question) Reason {
	switch q.Work.Lease {
	case LeaseHeld:
		return ReasonAllowed
	case LeaseExpired:
		return ReasonLeaseExpired
	default:
		return ReasonNoLease
	}
}

func isBelowDocuments(q *question) Reason {
	return unless(q.Reading.Reserved || q.Reading.Counted || q.Reading.Documents < q.terms.Ceilings.DocumentsPerDay, ReasonCeilingDocuments)
}

// isBelowBytes subtracts instead of adding, so that no sum can overflow. An unknown size
// cannot be shown to fit.
func isBelowBytes(q *question) Reason {
	size := q.Document.Size
	if size >= 0 && q.Reading.Skipped >= 0 && q.Reading.Skipped <= size {
		size -= q.Reading.Skipped
	}
	return unless(q.Reading.Reserved || size >= 0 && size <= q.terms.Ceilings.BytesPerDay-q.Reading.Bytes, ReasonCeilingBytes)
}
