package verify

import "github.com/bordereau/bordereau/audit/event"

// erasure counts the erasures that the events record. The gateway records each erasure of
// erasable data as an event in the same ledger, whose length is the number of events
// erased from.
func (v *verification) erasure(e event.Event) {
	if (e.Action == "privacy.expire" || e.Action == "privacy.erase") && e.Actor == "system" && e.Outcome == event.OutcomeAllow {
		v.recorded += max(e.Length, 0)
	}
}
