package evidence

import (
	"context"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/policy"
)

// ProveEvent proves that an event is in its ledger, as a C2SP tlog-proof under the newest
// checkpoint. The question is an event of the same ledger, and durable before the answer.
func (ev *Evidence) ProveEvent(ctx context.Context, caller choke.Caller, ledger string, seq int64) ([]byte, error) {
	return ev.prove(ctx, caller, ledger, fmt.Sprintf("proof of event %d", seq),
		func(tree *audit.Tree) ([]byte, error) { return tree.ProveEvent(ctx, seq) })
}

// ProveConsistency proves that a ledger only grew from one size to another; nil is the
// size that it has now. audit.Tree.ProveConsistency has the form.
func (ev *Evidence) ProveConsistency(ctx context.Context, caller choke.Caller, ledger string, from int64, to *int64) ([]byte, error) {
	question := fmt.Sprintf("consistency from %d", from)
	if to != nil {
		question += fmt.Sprintf(" to %d", *to)
	}
	return ev.prove(ctx, caller, ledger, question, func(tree *audit.Tree) ([]byte, error) {
		if to != nil {
			var err error
			if tree, err = tree.At(ctx, *to); err != nil {
				return nil, err
			}
		}
		return tree.ProveConsistency(ctx, from)
	})
}

// Tile gives a tile of a ledger or a bundle of its events, named as in C2SP tlog-tiles. A
// bundle holds every event of its range, of any person. Both need the right to prove,
// which only people have who may see a whole ledger.
func (ev *Evidence) Tile(ctx context.Context, caller choke.Caller, ledger, name string) ([]byte, error) {
	n, err := audit.ParseTileName(name)
	if err != nil {
		return nil, choke.ErrNotFound // no ledger has a tile of this name
	}
	return ev.prove(ctx, caller, ledger, "tile "+name, func(tree *audit.Tree) ([]byte, error) { return tree.Tile(ctx, n) })
}

// prove records the question as an act, and then answers it from the ledger that holds
// the act.
func (ev *Evidence) prove(ctx context.Context, caller choke.Caller, ledger, question string,
	answer func(*audit.Tree) ([]byte, error)) ([]byte, error) {
	if _, err := ev.door.Do(ctx, caller, choke.Act{Action: policy.ActionAuditProve, Load: choke.LoadLedger(ledger, question)}); err != nil {
		return nil, err
	}
	tree, err := ev.proofs.Tree(ctx, ledger)
	if err != nil {
		return nil, choke.Unavailable(err)
	}
	proof, err := answer(tree)
	if errors.Is(err, audit.ErrAbsent) {
		return nil, choke.ErrNotFound
	}
	return proof, choke.Unavailable(err)
}

// Checkpoint gives the ledger's newest checkpoint: a signed note over its size and root.
func (ev *Evidence) Checkpoint(ctx context.Context, caller choke.Caller, ledger string) ([]byte, error) {
	if _, err := ev.door.Do(ctx, caller, choke.Act{
		Action: policy.ActionAuditProve,
		Load:   choke.LoadLedger(ledger, ""),
	}); err != nil {
		return nil, err
	}
	tree, err := ev.proofs.Tree(ctx, ledger)
	if err != nil {
		return nil, choke.Unavailable(err)
	}
	note, err := tree.Checkpoint()
	return note, choke.Unavailable(err)
}
