package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/policy"
)

// recordLocally records a local act that changes nothing.
func (g *Gateway) recordLocally(ctx context.Context, action policy.Action) error {
	return g.recordOutcome(ctx, event.Operator, g.localEvent(action), nil)
}

// Progress is told how far a long operation has come: done of total.
type Progress func(done, total int64)

func (p Progress) tell(done, total int64) {
	if p != nil {
		p(done, total)
	}
}

// localEvent is an act of whoever holds the machine. They have the root key and could do it without us; doing it through
// the gateway leaves it in the ledger, as one of nobody's in particular.
func (g *Gateway) localEvent(action policy.Action) event.Event {
	return event.Event{ID: event.NewID(), Occurred: g.now(), Phase: event.PhaseState, Action: event.Action(action),
		Actor: system, Auth: "local", Outcome: event.OutcomeAllow, Reason: "local", Private: map[string]string{}}
}

// keyEvent is a local act on a contract's key.
func (g *Gateway) keyEvent(action policy.Action, contract ContractID, epoch int64) event.Event {
	e := g.localEvent(action)
	e.Contract, e.Private["epoch"] = string(contract), fmt.Sprint(epoch)
	return e
}

// ownEvent is an event of what the gateway does by itself.
func ownEvent(action policy.Action, at time.Time) event.Event {
	return event.Event{ID: event.NewID(), Occurred: at, Phase: event.PhaseState, Action: event.Action(action), Actor: system,
		Outcome: event.OutcomeAllow, Reason: string(policy.ReasonAllowed)}
}

// system is the actor of what the gateway does by itself.
const system = "system"
