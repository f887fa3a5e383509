package upkeep

import (
	"context"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/policy"
)

// ResumeLedgers ends the halt of the ledgers (see audit.Ledger.Halt), as the owner of the
// machine. The same transaction puts the event into the outbox. A process that was
// started afterwards sequences it. A process that knows of the halt stays halted.
func (u *Upkeep) ResumeLedgers(ctx context.Context) (audit.Ticket, error) {
	ticket, err := u.ledger.Resume(ctx, u.owner.Event(policy.ActionAuditResume))
	if err != nil {
		return audit.Ticket{}, choke.Unavailable(err)
	}
	return ticket, nil
}
