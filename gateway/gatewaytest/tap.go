package gatewaytest

import (
	"testing"

	"github.com/bordereau/bordereau/audit/event"
)

// Tap gives the events of all ledgers as they are appended, each once. It reads new
// events only. A query for the newest events would read and verify old ones again.
type Tap struct {
	house *House
	size  map[string]int64 // of each ledger: the number of its events that were given
}

// Tap begins with the events that are appended from now on.
func (h *House) Tap(t testing.TB) *Tap {
	t.Helper()
	tap := &Tap{house: h}
	tap.size = tap.sizes(t)
	return tap
}

// Next returns the events that were appended since the last call, ordered by number
// within each ledger.
func (tap *Tap) Next(t testing.TB) []event.Event {
	t.Helper()
	var events []event.Event
	for ledger, size := range tap.sizes(t) {
		if size > tap.size[ledger] {
			events = append(events, tap.between(t, ledger, tap.size[ledger], size)...)
			tap.size[ledger] = size
		}
	}
	return events
}

// sizes returns the number of events of each ledger.
func (tap *Tap) sizes(t testing.TB) map[string]int64 {
	t.Helper()
	rows, err := tap.house.Database.Reader().QueryContext(t.Context(), `SELECT ledger, size FROM audit_head`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	sizes := map[string]int64{}
	for rows.Next() {
		var ledger string
		var size int64
		if err := rows.Scan(&ledger, &size); err != nil {
			t.Fatal(err)
		}
		sizes[ledger] = size
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return sizes
}

// between reads the events of a ledger from one number to before another. All of them
// must be there.
func (tap *Tap) between(t testing.TB, ledger string, from, to int64) []event.Event {
	t.Helper()
	rows, err := tap.house.Database.Reader().QueryContext(t.Context(),
		`SELECT leaf FROM audit_event WHERE ledger = $1 AND seq >= $2 AND seq < $3 ORDER BY seq`, ledger, from, to)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []event.Event
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			t.Fatal(err)
		}
		e, err := event.Parse(leaf)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil || int64(len(events)) != to-from {
		t.Fatalf("%s has %d of the events from %d to %d: %v", ledger, len(events), from, to, err)
	}
	return events
}
