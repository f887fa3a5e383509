package evidence

import (
	"context"
	"errors"
	"fmt"

	"github.com/bordereau/bordereau/gateway/choke"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/policy"
)

// ProveEvent proves that an event is in its ledger, as a C2SP tlog-proof under the newest checkpoint. That the proof was
// asked for is an event of the same ledger, and durable before the answer.
func (ev *Evidence) ProveEvent(ctx context.Context, caller choke.Caller, ledger string, seq int64) ([]byte, error) {
	return ev.prove(ctx, caller, ledger, fmt.Sprintf("proof of event %d", seq),
		func(tree *audit.Tree) ([]byte, error) { return tree.ProveEvent(ctx, seq) })
}

// ProveConsistency proves that a ledger of a size begins with what it was at an earlier one; to is now when nil. See
// audit.Tree.ProveConsistency for the form.
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

// Tile gives a tile of a ledger or a bundle of its events, named as in C2SP tlog-tiles. A bundle holds every event of its
// range, whoever did it: the right to prove is held only by people who may see a whole ledger, and so is asked for both.
func (ev *Evidence) Tile(ctx context.Context, caller choke.Caller, ledger, name string) ([]byte, error) {
	n, err := audit.ParseTileName(name)
	if err != nil {
		return nil, choke.ErrNotFound // it names nothing, in no ledger
	}
	return ev.prove(ctx, caller, ledger, "tile "+name, func(tree *audit.Tree) ([]byte, error) { return tree.Tile(ctx, n) })
}

// prove records the question as an act and then answers it from the ledger as it is with that act in it.
func (ev *Evidence) prove(ctx context.Context, caller choke.Caller, ledger, question string,
	answer func(*audit.Tree) ([]byte, error)) ([]byte, error) {
	if _, err := ev.door.Do(ctx, caller, choke.Act{Action: policy.ActionAuditProve, Load: choke.LoadLedger(ledger, question)}); err != nil {
		return nil, err
	}
	tree, err := ev.ledger.Tree(ctx, ledger)
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
	note, err := ev.ledger.Checkpoint(ctx, ledger)
	return note, choke.Unavailable(err)
}
