package upkeep

import (
	"context"
	"crypto/ed25519"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/policy"
)

// NewEpoch says how LocalNewEpoch begins an epoch.
type NewEpoch struct {
	Ledger    string
	History   audit.History // the published part of the ledger
	Differing bool          // go on although the database has other events than were published
	Incident  string        // a reference for people; may be empty, and is erasable
}

// LocalNewEpoch completes a ledger with what was published of it and begins a new epoch,
// as the owner of the machine. The event that begins the epoch records it in the ledger,
// and another event in the operator's ledger. Nothing may run on the database meanwhile.
// The next process sequences what is recorded.
func (u *Upkeep) LocalNewEpoch(ctx context.Context, n NewEpoch, progress choke.Progress) (audit.Continuation, error) {
	began, noted := u.owner.Event(policy.ActionAuditEpoch), u.owner.Event(policy.ActionAuditRestore)
	noted.Subject = n.Ledger
	if n.Incident != "" {
		began.Private["incident"], noted.Private["incident"] = n.Incident, n.Incident
	}
	return u.ledger.BeginEpoch(ctx, audit.Beginning{Ledger: n.Ledger, History: n.History, Differing: n.Differing,
		Event: began, Note: &noted, Progress: progress})
}

// LocalRotateLedgerKey replaces the key that signs the ledgers' checkpoints, as the owner
// of the machine. It records an event in every ledger, and returns how many. Nothing else
// may run on the database meanwhile.
func (u *Upkeep) LocalRotateLedgerKey(ctx context.Context, next ed25519.PrivateKey) (int, error) {
	return u.ledger.RotateKey(ctx, next, u.owner.Event(policy.ActionAuditRekey))
}

// LocalRepublish records that ledgers are published again, as the owner of the machine.
func (u *Upkeep) LocalRepublish(ctx context.Context) error {
	return u.owner.RecordAlone(ctx, policy.ActionAuditRepublish)
}

// LocalReindex rebuilds the index of a ledger from its events, as the owner of the
// machine, and records it in the operator's ledger. The next process sequences what is
// recorded.
func (u *Upkeep) LocalReindex(ctx context.Context, ledger string) (audit.Reindexed, error) {
	noted := u.owner.Event(policy.ActionAuditReindex)
	noted.Subject = ledger
	return u.ledger.Reindex(ctx, ledger, noted)
}
