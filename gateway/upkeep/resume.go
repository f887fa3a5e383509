package upkeep

import (
	"context"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/policy"
)

// ResumeLedgers takes back the halt of the ledgers (see audit.Ledger.Halt), as whoever holds the machine. The event is staged
// with it, and waits for a process that was started afterwards: to a process that knows of the halt it stays.
func (u *Upkeep) ResumeLedgers(ctx context.Context) (audit.Ticket, error) {
	ticket, err := u.ledger.Resume(ctx, u.owner.Event(policy.ActionAuditResume))
	if err != nil {
		return audit.Ticket{}, choke.Unavailable(err)
	}
	return ticket, nil
}
