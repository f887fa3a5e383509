package upkeep

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/erasing"
	"github.com/bordereau/bordereau/policy"
)

// The store and the database are two places, and nothing commits in both at once. The order of things keeps them from
// contradicting each other: a document's row is there before its first byte goes to the store, and its object goes only
// after the row that could acknowledge it. What may be found in the store all the same, and what is done about it:
//
//	no row knows the key            the database was restored from a backup that is older. Removed when it is old
//	                                enough for no backup to know it any more
//	of an abandoned upload          a write that came late, after the sweeper had stopped to look for it. Removed
//	of an erased document           the store was restored from a copy that is older. Removed
//	parts, a temporary file         an upload whose process died. Removed after a day, unless it still runs
//	keys that are none of ours      left alone, as is everything outside of d/
//
// and what may be missing or wrong there, which nobody can repair: a body that is not there or has another length; with
// Read, one that does not open, or is another document.

// StoreCheck says how to compare the store with the database.
type StoreCheck struct {
	Repair bool // remove what nobody needs
	Read   bool // open every document and compare it with its digest

	// Grace is how old an object must be that no row knows before it is removed, at least Config.LateWrite. The default is
	// twice Config.BackupRetention: what a restore made strangers of was written after its backup, which is at most one
	// BackupRetention old. So whatever backup was restored by mistake, for another BackupRetention every body is still
	// there that a newer backup knows.
	Grace time.Duration
}

// FindingKind says what was found.
type FindingKind string

// What a comparison finds.
const (
	FindingBodyMissing       FindingKind = "body-missing"
	FindingBodyLength        FindingKind = "body-length"
	FindingBodyUnreadable    FindingKind = "body-unreadable"
	FindingHeaderMissing     FindingKind = "header-missing"
	FindingErasureForgotten  FindingKind = "erasure-forgotten"  // the journal knows it, the database does not
	FindingReferencesUnknown FindingKind = "references-unknown" // a newer build made tables that this one does not know
	FindingUnreferenced      FindingKind = "unreferenced"       // no row knows the object
	FindingAbandoned         FindingKind = "abandoned"          // of an upload that was given up
	FindingErased            FindingKind = "erased"             // of a document that is erased
	FindingUnfinished        FindingKind = "unfinished"         // what an upload that died has left
	FindingUnknownKey        FindingKind = "unknown-key"        // not a key of ours
)

// FindingState says what it means.
type FindingState string

// What a finding means.
const (
	FindingWrong   FindingState = "wrong"   // somebody has to look
	FindingDue     FindingState = "due"     // would be removed by a repair
	FindingRemoved FindingState = "removed" // was
	FindingWaiting FindingState = "waiting" // may be removed when it is older
	FindingKept    FindingState = "kept"    // is left alone
)

// Finding is one thing that a comparison found.
type Finding struct {
	Kind     FindingKind      `json:"finding"`
	State    FindingState     `json:"state"`
	Object   string           `json:"object,omitempty"` // its key
	Contract choke.ContractID `json:"contract,omitempty"`
	Document choke.DocumentID `json:"document,omitempty"`
	Detail   string           `json:"detail,omitempty"`
}

// StoreReport sums a comparison up.
type StoreReport struct {
	Documents int64 `json:"documents"` // received and not erased
	Read      int64 `json:"read"`      // of them, opened and compared
	Objects   int64 `json:"objects"`   // in the store, under d/
	Wrong     int64 `json:"wrong"`     // findings, by their state
	Due       int64 `json:"due"`
	Removed   int64 `json:"removed"`
	Waiting   int64 `json:"waiting"`
	Kept      int64 `json:"kept"`
}

// OK says whether nothing is wrong and nothing is left to do.
func (r StoreReport) OK() bool { return r.Wrong == 0 && r.Due == 0 }

// LocalCheckStore compares the store with the database, as whoever holds the machine. told hears each finding, one at a
// time. It may run while gateways do.
func (u *Upkeep) LocalCheckStore(ctx context.Context, c StoreCheck, told func(Finding), progress choke.Progress) (StoreReport, error) {
	if c.Grace != 0 && c.Grace < u.limits.LateWrite {
		return StoreReport{}, &choke.Invalid{Kind: choke.InvalidParameter, Field: "grace",
			Detail: fmt.Sprintf("an object of nobody must be at least %v old before it is removed", u.limits.LateWrite)}
	}
	e := u.owner.Event(policy.ActionObjectCheck)
	e.Private["repair"], e.Private["read"] = fmt.Sprint(c.Repair), fmt.Sprint(c.Read)
	if err := u.owner.Record(ctx, choke.OperatorLedger, e, nil); err != nil {
		return StoreReport{}, err
	}
	check := &storeCheck{StoreCheck: c, upkeep: u, local: true, told: told, progress: progress}
	err := check.run(ctx)
	return check.report, choke.Unavailable(err)
}

// storeCheck is a comparison that runs.
type storeCheck struct {
	StoreCheck
	upkeep   *Upkeep
	local    bool // whoever holds the machine asked for it
	progress choke.Progress
	now      time.Time
	certain  bool // all that refers to objects is known

	mu     sync.Mutex // of what follows
	report StoreReport
	told   func(Finding)
}

func (c *storeCheck) run(ctx context.Context) error {
	c.now = c.upkeep.door.Now()
	if c.Grace == 0 {
		c.Grace = 2 * c.upkeep.limits.BackupRetention
	}
	if err := c.preconditions(ctx); err != nil {
		return err
	}
	if err := c.folders(ctx); err != nil {
		return err
	}
	return c.unfinished(ctx)
}

// preconditions looks whether the database is one that the store can be judged by.
func (c *storeCheck) preconditions(ctx context.Context) error {
	unknown, err := c.upkeep.unknownReferences(ctx)
	if err != nil {
		return err
	}
	c.certain = len(unknown) == 0
	if !c.certain {
		c.found(Finding{Kind: FindingReferencesUnknown, State: FindingWrong, Detail: "a newer build has migrated the database, and this one " +
			"does not know " + strings.Join(unknown, ", ") + ": nothing that seems to be of nobody is removed"})
	}
	forgotten, err := c.upkeep.erasures.UnknownErasures(ctx)
	for _, id := range forgotten {
		c.found(Finding{Kind: FindingErasureForgotten, State: FindingWrong, Object: erasing.JournalKey(id),
			Detail: "the database was restored from a backup that is older: run `bordereau keys reapply-erasures`"})
	}
	return err
}

// found counts and tells a finding.
func (c *storeCheck) found(f Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f.State {
	case FindingWrong:
		c.report.Wrong++
	case FindingDue:
		c.report.Due++
	case FindingRemoved:
		c.report.Removed++
	case FindingWaiting:
		c.report.Waiting++
	case FindingKept:
		c.report.Kept++
	}
	c.told(f)
}

// sweepEvent tells that something is removed from the store.
func (c *storeCheck) sweepEvent(f Finding) event.Event {
	e := c.upkeep.owner.Event(policy.ActionObjectSweep)
	e.Reason, e.Contract, e.Document = string(f.Kind), string(f.Contract), string(f.Document)
	if !c.local {
		e.Auth = ""
	}
	if f.Object != "" {
		e.Private["object"] = f.Object
	}
	return e
}

// SweepStore compares the store with the database and removes what nobody needs, unless this gateway or another one has
// done so within Config.SweepStoreEvery.
func (u *Upkeep) SweepStore(ctx context.Context) error {
	due, err := u.claimStoreSweep(ctx)
	if err != nil || !due {
		return err
	}
	check := &storeCheck{StoreCheck: StoreCheck{Repair: true}, upkeep: u, told: u.logFinding}
	if err := check.run(ctx); err != nil {
		return choke.Unavailable(err)
	}
	r := check.report
	u.log.Info("looked through the object store", "documents", r.Documents, "objects", r.Objects, "wrong", r.Wrong,
		"removed", r.Removed, "waiting", r.Waiting, "kept", r.Kept)
	return nil
}

// logFinding leaves what is wrong to whoever reads the log; `bordereau fsck` shows everything.
func (u *Upkeep) logFinding(f Finding) {
	if f.State == FindingWrong {
		u.log.Error("the object store is not what the database says", "finding", f.Kind, "contract", f.Contract, "document", f.Document,
			"object", f.Object, "detail", f.Detail)
	}
}

// RunStoreSweeps sweeps the store until ctx ends. It never does so at once: a command that ends soon is not to begin it.
func (u *Upkeep) RunStoreSweeps(ctx context.Context) {
	pause := time.NewTicker(u.limits.SweepEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		if err := u.SweepStore(ctx); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
			u.log.Error("looking through the object store failed", "error", err)
		}
	}
}
