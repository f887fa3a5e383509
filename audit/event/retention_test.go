package event_test

import (
	"testing"

	"github.com/bordereau/bordereau/audit/event"
)

// Every event belongs to a class, and floor ≤ default ≤ ceiling holds for each.
func TestRetentions(t *testing.T) {
	known := map[event.RetentionClass]event.Retention{}
	for _, r := range event.Retentions() {
		known[r.Class] = r
		if r.Floor < 1 || r.Default < r.Floor || r.Ceiling < r.Default {
			t.Errorf("%+v", r)
		}
	}
	for _, kind := range event.Kinds() {
		for outcome, want := range map[event.Outcome]event.RetentionClass{
			event.OutcomeAllow: event.RetentionClass(kind), event.OutcomeError: event.RetentionClass(kind), event.OutcomeDeny: event.RetainDenial,
		} {
			got := event.RetentionClassOf(kind, outcome)
			if _, ok := known[got]; !ok || got != want {
				t.Errorf("%s, %s: class %q, want %q; bounds %t", kind, outcome, got, want, ok)
			}
		}
	}
	if len(known) != len(event.Kinds())+1 {
		t.Errorf("%d classes", len(known))
	}
}
