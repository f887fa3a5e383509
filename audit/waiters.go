package audit

import (
	"fmt"
	"slices"
	"sync"
)

// remembered is how many sequenced events a generation of the memory holds.
const remembered = 4096

// waiters holds the calls of Wait in this process, by ticket. It also remembers the
// latest events that this process sequenced, because an act's row may be drained between
// its commit and its call of Wait.
type waiters struct {
	mu       sync.Mutex
	waiting  map[Ticket][]chan int64
	latest   map[Ticket]int64
	previous map[Ticket]int64
}

func newWaiters() *waiters {
	return &waiters{waiting: map[Ticket][]chan int64{}, latest: map[Ticket]int64{}}
}

// add returns a channel that gets the event's sequence number once it is durable.
func (w *waiters) add(t Ticket) chan int64 {
	answer := make(chan int64, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	seq, ok := w.latest[t]
	if !ok {
		seq, ok = w.previous[t]
	}
	if ok {
		answer <- seq
		return answer
	}
	w.waiting[t] = append(w.waiting[t], answer)
	return answer
}

// remove forgets a call that has its answer or waits no more.
func (w *waiters) remove(t Ticket, answer chan int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	others := slices.DeleteFunc(w.waiting[t], func(other chan int64) bool { return other == answer })
	if len(others) == 0 {
		delete(w.waiting, t)
		return
	}
	w.waiting[t] = others
}

// tickets lists the tickets of all waiting calls.
func (w *waiters) tickets() []Ticket {
	w.mu.Lock()
	defer w.mu.Unlock()
	tickets := make([]Ticket, 0, len(w.waiting))
	for t := range w.waiting {
		tickets = append(tickets, t)
	}
	return tickets
}

// any says whether a call waits.
func (w *waiters) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting) > 0
}

// crowded fails with ErrUnavailable when the limit of waiting calls is reached.
func (w *waiters) crowded() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waiting) >= maxQueued {
		return fmt.Errorf("%w: %d events are waited for", ErrUnavailable, len(w.waiting))
	}
	return nil
}

// pending lists the tickets that calls still wait for.
func (w *waiters) pending(tickets []Ticket) []Ticket {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(tickets, func(t Ticket) bool { return len(w.waiting[t]) == 0 })
}

// acknowledge answers the calls that wait for the events, and calls that come soon. The
// events are durable.
func (w *waiters) acknowledge(durable map[Ticket]int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for t, seq := range durable {
		for _, answer := range w.waiting[t] {
			answer <- seq
		}
		delete(w.waiting, t)
		w.latest[t] = seq
	}
	if len(w.latest) >= remembered {
		w.previous, w.latest = w.latest, map[Ticket]int64{}
	}
}
