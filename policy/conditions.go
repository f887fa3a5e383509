package policy

import "slices"

// condition is one thing that must hold, on some acts or on all.
type condition struct {
	name  string
	on    []Action // none: every act
	check func(*question) Reason
}

// withoutTerms are the conditions that need no terms, in their order.
var withoutTerms = []condition{
	{name: "member", check: isMember},
	{name: "role", check: hasRole},
	{name: "status", check: isActive},
}

// conditions are all conditions, in their order. The package documentation gives the same order: it is what people are
// told when they are refused.
var conditions = slices.Concat(withoutTerms, []condition{
	{name: "begun", check: hasBegun},
	{name: "not-expired", check: hasNotExpired},
	{name: "rule", check: hasRule},
	{name: "media-type", on: []Action{ActionDocumentReceive}, check: isOfMediaType},
	{name: "size", on: []Action{ActionDocumentReceive}, check: isNotTooLarge},
	{name: "not-empty", on: []Action{ActionDocumentReceive}, check: isNotEmpty},
	{name: "site", on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isAtSite},
	{name: "hours", on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isWithinHours},
	{name: "batch-open", on: []Action{ActionDocumentReceive, ActionBatchSeal}, check: isBatchOpen},
	{name: "batch-sealed", on: []Action{ActionBatchRead, ActionAssignmentCreate, ActionAssignmentLease, ActionDocumentInspect,
		ActionDocumentRead}, check: isBatchSealed},
	{name: "document-received", on: []Action{ActionDocumentRead}, check: isReceived},
	{name: "assigned", on: []Action{ActionAssignmentLease, ActionDocumentRead}, check: isAssigned},
	{name: "assigned-to-handler", on: []Action{ActionDocumentInspect}, check: isAssignedToHandler},
	{name: "lease", on: []Action{ActionDocumentRead}, check: isLeased},
	{name: "ceiling-documents", on: []Action{ActionDocumentRead}, check: isBelowDocuments},
	{name: "ceiling-bytes", on: []Action{ActionDocumentRead}, check: isBelowBytes},
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
		return q.afterEnd(ReasonContractTerminated)
	case StatusExited:
		return ReasonContractExited
	default:
		return ReasonNotInForce
	}
}

func hasBegun(q *question) Reason {
	return unless(!q.Now.Before(q.validity.From), ReasonContractNotBegun)
}

func hasNotExpired(q *question) Reason {
	if q.validity.Until.IsZero() || q.Now.Before(q.validity.Until) {
		return ReasonAllowed
	}
	return q.afterEnd(ReasonContractExpired)
}

// afterEnd is the reason for an act after the contract's end: none while a rule of the wind-down lets the role go on, and
// ended where no such rule was found.
func (q *question) afterEnd(ended Reason) Reason {
	switch {
	case !q.winding:
		return ended
	case q.Now.Before(q.ended.In(q.validity.Zone).AddDate(0, 0, int(q.windDown[q.role]))):
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

// isOfMediaType compares exactly: the fact must be in lower case, as the terms are.
func isOfMediaType(q *question) Reason {
	if q.class == nil {
		return ReasonUnknownClass
	}
	allowed := q.class.MediaTypes
	return unless(allowed[0] == AnyMediaType || slices.Contains(allowed, q.MediaType), ReasonMediaType)
}

// isNotTooLarge lets a size pass that is not known yet: whoever counts it asks MaxBytes.
func isNotTooLarge(q *question) Reason {
	if q.class == nil {
		return ReasonUnknownClass
	}
	return unless(q.Size <= q.class.MaxBytes, ReasonTooLarge)
}

func isNotEmpty(q *question) Reason {
	if q.class == nil {
		return ReasonUnknownClass
	}
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

// isBatchSealed keeps a batch from everybody but who fills it until it is sealed: what may still be changed or taken back
// was never sent.
func isBatchSealed(q *question) Reason {
	return unless(q.role == RoleClientSystem || q.Batch == BatchSealed, ReasonBatchNotSealed)
}

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
