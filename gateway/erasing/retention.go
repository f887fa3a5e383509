package erasing

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/policy"
)

// Bounds of Config.NameRetention.
const (
	NameRetentionFloor   = 30 * choke.Day
	NameRetentionDefault = 365 * choke.Day
	NameRetentionCeiling = 1096 * choke.Day
)

// eventRetention is for how long the erasable data of each class of events is kept: the
// time that was asked for, or the default. It refuses a time outside of the bounds.
func eventRetention(asked map[event.RetentionClass]time.Duration) (map[event.RetentionClass]time.Duration, error) {
	kept := map[event.RetentionClass]time.Duration{}
	for _, r := range event.Retentions() {
		kept[r.Class] = time.Duration(r.Default) * choke.Day
		if d, ok := asked[r.Class]; ok {
			kept[r.Class] = d
		}
		if d := kept[r.Class]; d < time.Duration(r.Floor)*choke.Day || d > time.Duration(r.Ceiling)*choke.Day {
			return nil, fmt.Errorf("events of class %s cannot be kept for %s: choose from %d to %d days", r.Class, d, r.Floor, r.Ceiling)
		}
	}
	for class := range asked {
		if _, ok := kept[class]; !ok {
			return nil, fmt.Errorf("there is no class of events %q: take it out", class)
		}
	}
	return kept, nil
}

// Retain erases data whose retention has ended: the erasable data of events by their
// class, that of people whose erasure was decided, and the names of people who have long
// left. Data under a legal hold stays. It works in small transactions and goes on where
// it, or another replica, was cut off. Times are of whole days, so it finds new work once
// a day.
func (er *Erasures) Retain(ctx context.Context) error {
	ledgers, err := er.ledger.Ledgers(ctx)
	if err != nil {
		return fmt.Errorf("listing ledgers: %w", err)
	}
	for _, ledger := range ledgers {
		for _, r := range event.Retentions() {
			err = errors.Join(err, er.expire(ctx, ledger, r.Class))
		}
	}
	return errors.Join(err, er.continuePersonErasures(ctx), er.forgetLeavers(ctx))
}

// expire erases the erasable data of one class in one ledger.
func (er *Erasures) expire(ctx context.Context, ledger string, class event.RetentionClass) error {
	for {
		done, err := er.expireBatch(ctx, ledger, class)
		if err != nil {
			return fmt.Errorf("erasing data of events of class %s: %w", class, err)
		}
		if done.Done {
			return nil
		}
	}
}

// expireBatch erases one batch, and keeps its event and how far it came in the same
// transaction. If we die, the next one begins there.
func (er *Erasures) expireBatch(ctx context.Context, ledger string, class event.RetentionClass) (audit.PrivateErased, error) {
	before := er.door.Now().Truncate(choke.Day).Add(-er.retention[class])
	var done audit.PrivateErased
	err := er.owner.RecordChange(ctx, ledger, func(ctx context.Context, tx *database.Tx) (*event.Event, error) {
		keep, err := lockHolds(ctx, tx, ledger)
		if err != nil {
			return nil, err
		}
		from, err := tx.RetentionReached(ctx, queries.RetentionReachedParams{Ledger: ledger, Class: string(class)})
		if choke.IgnoreNoRows(err) != nil {
			return nil, fmt.Errorf("reading how far erasing has come: %w", err)
		}
		done, err = er.ledger.ErasePrivate(ctx, tx.SQL, audit.PrivateErasure{Ledger: ledger, Class: class, From: from, Before: before,
			Due: func(h ask.Erasable) bool { return !keep.holds(h) }})
		if err != nil || done.To == from {
			return nil, err
		}
		if err := tx.SetRetentionReached(ctx, queries.SetRetentionReachedParams{Ledger: ledger, Class: string(class), Upto: done.To}); err != nil {
			return nil, fmt.Errorf("writing how far erasing has come: %w", err)
		}
		if done.Erased == 0 {
			return nil, nil
		}
		e := choke.OwnEvent(policy.ActionPrivacyExpire, er.door.Now())
		e.Class, e.Subject, e.Length = string(class), erasedRange(done), done.Erased
		e.Private = map[string]string{"before": before.Format(time.RFC3339), "held": strconv.FormatInt(done.Kept, 10)}
		return &e, nil
	})
	return done, err
}

// erasedRange names the first and the last of the events that were looked at. The number
// of events that lost their data is the length of the event, where a verifier counts
// them.
func erasedRange(e audit.PrivateErased) string { return fmt.Sprintf("%d-%d", e.From, e.To-1) }

// held are the contracts, documents and people under standing holds in one ledger.
type held struct{ contracts, documents, people map[string]bool }

func (k held) holds(h ask.Erasable) bool {
	return k.contracts[h.Contract] || k.documents[h.Document] || k.people[h.Actor]
}

// lockHolds reads the holds that concern a ledger, and lets no other be placed until the
// transaction ends.
func lockHolds(ctx context.Context, tx *database.Tx, ledger string) (held, error) {
	k := held{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	if err := tx.LockRetention(ctx, ledger); err != nil {
		return k, fmt.Errorf("locking retention: %w", err)
	}
	holds, err := tx.HoldsInLedger(ctx, policy.OrganisationID(ledger))
	if err != nil {
		return k, fmt.Errorf("reading holds: %w", err)
	}
	for _, h := range holds {
		if h.Document != "" {
			k.documents[string(h.Document)] = true
		} else {
			k.contracts[string(h.Contract)] = true
		}
	}
	people, err := tx.PeopleHeldInLedger(ctx, ledger)
	if err != nil {
		return k, fmt.Errorf("reading holds: %w", err)
	}
	for _, p := range people {
		k.people[string(p)] = true
	}
	return k, nil
}

// forgetLeavers clears the names of people who have long left.
func (er *Erasures) forgetLeavers(ctx context.Context) error {
	before := queries.At(er.door.Now().Truncate(choke.Day).Add(-er.limits.NameRetention))
	for {
		var leavers []queries.LeaversToForgetRow
		err := er.owner.View(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
			leavers, err = tx.LeaversToForget(ctx, before)
			return err
		})
		if err != nil {
			return fmt.Errorf("looking for leavers: %w", err)
		}
		for _, p := range leavers {
			if err := er.forgetName(ctx, p, before); err != nil {
				return fmt.Errorf("forgetting a leaver's name: %w", err)
			}
		}
		if len(leavers) == 0 {
			return nil
		}
	}
}

func (er *Erasures) forgetName(ctx context.Context, p queries.LeaversToForgetRow, before queries.Micros) error {
	ledger := choke.OperatorLedger
	if choke.OrganisationKind(p.Kind) == choke.KindClient {
		ledger = string(p.Organisation)
	}
	return er.owner.RecordChange(ctx, ledger, func(ctx context.Context, tx *database.Tx) (*event.Event, error) {
		n, err := tx.ForgetName(ctx, queries.ForgetNameParams{ID: p.ID, LeftBefore: before})
		if err != nil || n == 0 {
			return nil, err
		}
		e := choke.OwnEvent(policy.ActionPrivacyForget, er.door.Now())
		e.Subject = string(p.ID)
		return &e, nil
	})
}
