package policy

import "slices"

// condition is one thing that must hold, on some acts or on all.
type condition struct {
	on    []Action // none: every act
	check func(*question) Reason
}

// withoutTerms are the conditions that need no terms, in their order.
var withoutTerms = []condition{
	{check: isMember},
	{check: hasRole},
	{check: isActive},
}

// conditions are all conditions, in their order. The package documentation gives the same order: it is what people are
// told when they are refused.
var conditions = slices.Concat(withoutTerms, []condition{
	{check: hasBegun},
	{check: hasNotExpired},
	{check: hasRule},
	{on: []Action{ActionDocumentReceive}, check: isOfMediaType},
	{on: []Action{ActionDocumentReceive}, check: isNotTooLarge},
	{on: []Action{ActionDocumentReceive}, check: isNotEmpty},
	{on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isAtSite},
	{on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isWithinHours},
	{on: []Action{ActionDocumentReceive, ActionBatchSeal}, check: isBatchOpen},
	{on: []Action{ActionAssignmentCreate, ActionAssignmentLease, ActionDocumentRead}, check: isBatchSealed},
	{on: []Action{ActionDocumentRead}, check: isReceived},
	{on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isAssigned},
	{on: []Action{ActionDocumentInspect}, check: isAssignedToHandler},
	{on: []Action{ActionDocumentRead}, check: isLeased},
	{on: []Action{ActionDocumentRead}, check: isBelowDocuments},
	{on: []Action{ActionDocumentRead}, check: isBelowBytes},
})

// answer is the reason of the first condition that fails.
func (q *question) answer(list []condition) Reason {
	for _, c := range list {
		if c.on != nil && !slices.Contains(c.on, q.Action) {
			continue
		}
		if reason := c.check(q); reason != ReasonAllowed {
			return reason
		}
	}
	return ReasonAllowed
}

// unless is the reason when the condition does not hold.
func unless(holds bool, reason Reason) Reason {
	if holds {
		return ReasonAllowed
	}
	return reason
}

func isMember(q *question) Reason { return unless(q.MemberActive, ReasonNotAMember) }

func hasRole(q *question) Reason { return unless(len(q.Roles) > 0, ReasonNoRole) }

func isActive(q *question) Reason {
	switch q.Status {
	case StatusActive:
		return ReasonAllowed
	case StatusSuspended:
		return ReasonContractSuspended
	case StatusTerminated:
		return ReasonContractTerminated
	default:
		return ReasonNotInForce
	}
}

func hasBegun(q *question) Reason {
	return unless(!q.Now.Before(q.validity.From), ReasonContractNotBegun)
}

func hasNotExpired(q *question) Reason {
	return unless(!q.Expired(q.Now), ReasonContractExpired)
}

func hasRule(q *question) Reason {
	if q.Class != "" && q.class == nil {
		return ReasonUnknownClass
	}
	return unless(q.clause != "", ReasonNoRule)
}

// isOfMediaType compares exactly: the fact must be in lower case, as the terms are.
func isOfMediaType(q *question) Reason {
	allowed := q.class.MediaTypes
	return unless(allowed[0] == AnyMediaType || slices.Contains(allowed, q.MediaType), ReasonMediaType)
}

// isNotTooLarge lets a size pass that is not known yet: whoever counts it asks MaxBytes.
func isNotTooLarge(q *question) Reason { return unless(q.Size <= q.class.MaxBytes, ReasonTooLarge) }

func isNotEmpty(q *question) Reason {
	return unless(q.Size != 0 || q.class.AllowEmpty, ReasonEmptyDocument)
}

func isAtSite(q *question) Reason { return unless(q.site != nil, ReasonSite) }

func isWithinHours(q *question) Reason {
	if len(q.hours) == 0 {
		return ReasonAllowed
	}
	now := q.Now.In(q.validity.Zone)
	return unless(slices.ContainsFunc(q.hours, func(w window) bool { return w.has(now) }), ReasonHours)
}

func isBatchOpen(q *question) Reason { return unless(q.Batch == BatchOpen, ReasonBatchState) }

func isBatchSealed(q *question) Reason { return unless(q.Batch == BatchSealed, ReasonBatchState) }

func isReceived(q *question) Reason {
	return unless(q.Document == DocumentReceived, ReasonDocumentState)
}

func isAssigned(q *question) Reason { return unless(q.Assigned, ReasonNotAssigned) }

// isAssignedToHandler keeps a document's record, which holds its file name, from handlers who have nothing to do with it.
func isAssignedToHandler(q *question) Reason {
	return unless(q.role != RoleHandler || q.Assigned, ReasonNotAssigned)
}

func isLeased(q *question) Reason {
	switch q.Facts.Lease {
	case LeaseHeld:
		return ReasonAllowed
	case LeaseExpired:
		return ReasonLeaseExpired
	default:
		return ReasonNoLease
	}
}

func isBelowDocuments(q *question) Reason {
	return unless(q.ReadDocuments < q.ceilings.DocumentsPerDay, ReasonCeilingDocuments)
}

// isBelowBytes subtracts instead of adding, so that no sum can overflow. A size that is not known cannot be shown to fit.
func isBelowBytes(q *question) Reason {
	return unless(q.Size >= 0 && q.Size <= q.ceilings.BytesPerDay-q.ReadBytes, ReasonCeilingBytes)
}
