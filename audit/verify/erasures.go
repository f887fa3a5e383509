package verify

import "github.com/bordereau/bordereau/audit/event"

// erasure counts what the events themselves say was erased: each erasure of erasable data
// is an event of the gateway's own, in the same ledger, whose length is how many it
// erased.
func (v *verification) erasure(e event.Event) {
	if (e.Action == "privacy.expire" || e.Action == "privacy.erase") && e.Actor == "system" && e.Outcome == event.OutcomeAllow {
		v.recorded += max(e.Length, 0)
	}
}
