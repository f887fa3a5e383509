package audit

import (
	"errors"
	"fmt"
)

// Halt stops the ledgers for good, in this process: nothing is sequenced or acknowledged any more, and Wait and Append
// fail with ErrUnavailable. It is for whoever finds that the database's history is not the one that is known outside:
// every further event would be signed into a second history. Only the first reason is kept.
func (l *Ledger) Halt(reason error) {
	l.halting.Do(func() {
		l.haltReason = reason
		close(l.halted)
		l.config.Logger.Error("ledger halted: nothing is recorded and nothing is released any more", "error", reason)
	})
}

// Halted is the reason why the ledgers were halted; nil while they were not.
func (l *Ledger) Halted() error {
	select {
	case <-l.halted:
		return l.haltReason
	default:
		return nil
	}
}

var errHalted = errors.New("ledger halted")

// refuseHalted is an ErrUnavailable after Halt.
func (l *Ledger) refuseHalted() error {
	if l.Halted() != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, errHalted)
	}
	return nil
}
