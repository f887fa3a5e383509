package upkeep

import (
	"context"
	"crypto/ed25519"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/policy"
)

// NewEpoch is what LocalNewEpoch is to do.
type NewEpoch struct {
	Ledger    string
	History   audit.History // what was published of it
	Differing bool          // go on although the database holds other events than were published
	Incident  string        // a reference for people; may be empty, and is erasable
}

// LocalNewEpoch completes a ledger with what was published of it and begins a new epoch of it, as whoever holds the
// machine. It is recorded in the ledger, by the event that begins the epoch, and in the operator's. Nothing may run on the
// database meanwhile, and what is recorded is sequenced by whoever comes next.
func (u *Upkeep) LocalNewEpoch(ctx context.Context, n NewEpoch, progress choke.Progress) (audit.Continuation, error) {
	began, noted := u.owner.Event(policy.ActionAuditEpoch), u.owner.Event(policy.ActionAuditRestore)
	noted.Subject = n.Ledger
	if n.Incident != "" {
		began.Private["incident"], noted.Private["incident"] = n.Incident, n.Incident
	}
	return u.ledger.BeginEpoch(ctx, audit.Beginning{Ledger: n.Ledger, History: n.History, Differing: n.Differing,
		Event: began, Note: &noted, Progress: progress})
}

// LocalRotateLedgerKey puts a new key in the place of the one that signs the ledgers' checkpoints, as whoever holds the
// machine: an event of every ledger. It returns how many those are. Nothing else may run on the database meanwhile.
func (u *Upkeep) LocalRotateLedgerKey(ctx context.Context, next ed25519.PrivateKey) (int, error) {
	return u.ledger.RotateKey(ctx, next, u.owner.Event(policy.ActionAuditRekey))
}

// LocalRepublish records that ledgers are published again, as whoever holds the machine.
func (u *Upkeep) LocalRepublish(ctx context.Context) error {
	return u.owner.RecordAlone(ctx, policy.ActionAuditRepublish)
}

// LocalReindex has the index of a ledger built again from its events, as whoever holds the machine, and records it in the
// operator's. What is recorded is sequenced by whoever comes next.
func (u *Upkeep) LocalReindex(ctx context.Context, ledger string) (audit.Reindexed, error) {
	noted := u.owner.Event(policy.ActionAuditReindex)
	noted.Subject = ledger
	return u.ledger.Reindex(ctx, ledger, noted)
}
