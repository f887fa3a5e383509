package upkeep

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/choke"
	"github.com/bordereau/bordereau/gateway/erasing"
	"github.com/bordereau/bordereau/policy"
)

// The store and the database are two places, and no transaction covers both. The order of
// steps keeps them consistent: a document's row is committed before its first byte goes
// to the store, and its object is deleted only after the row can no longer acknowledge
// it. The store may still hold the following, with the cause and the remedy:
//
//	no row knows the key            the database was restored from an older backup. Removed
//	                                when it is so old that no backup knows it any more
//	of an abandoned upload          a write came after the sweeper had stopped to look for it.
//	                                Removed
//	of an erased document           the store was restored from an older copy. Removed
//	parts, a temporary file         the process of an upload died. Removed after a day, unless
//	                                the upload still runs
//	a key that is not a gateway's   left alone, like everything outside of d/
//
// A comparison can also find damage that it cannot repair: a body that is missing or has
// another length. With Read it also finds a body that does not open, or that is another
// document.

// StoreCheck says how to compare the store with the database.
type StoreCheck struct {
	Repair bool // remove the objects that no document needs
	Read   bool // open every document and compare it with its digest

	// Grace is how old an object that no row knows must be before it is removed. It is at
	// least Config.LateWrite, and by default twice Config.BackupRetention. A restore
	// orphans objects that were written after its backup, which is at most one
	// BackupRetention old. If the wrong backup was restored, a newer one can still be
	// restored for another BackupRetention, and all of its bodies are still there.
	Grace time.Duration
}

// FindingKind says what was found.
type FindingKind string

// These are the kinds of findings.
const (
	FindingBodyMissing       FindingKind = "body-missing"
	FindingBodyLength        FindingKind = "body-length"
	FindingBodyUnreadable    FindingKind = "body-unreadable"
	FindingHeaderMissing     FindingKind = "header-missing"
	FindingErasureForgotten  FindingKind = "erasure-forgotten"  // the journal has the erasure, the database does not
	FindingErasureRefused    FindingKind = "erasure-refused"    // the store does not delete what was erased, and no lock is the reason
	FindingReferencesUnknown FindingKind = "references-unknown" // a newer build made tables that this build does not know
	FindingUnreferenced      FindingKind = "unreferenced"       // no row knows the object
	FindingAbandoned         FindingKind = "abandoned"          // of an abandoned upload
	FindingErased            FindingKind = "erased"             // of an erased document
	FindingUnfinished        FindingKind = "unfinished"         // left by an upload whose process died
	FindingUnknownKey        FindingKind = "unknown-key"        // not a key that a gateway makes
)

// FindingState says what a finding means.
type FindingState string

// These are the states of findings.
const (
	FindingWrong   FindingState = "wrong"   // the operator has to look at it
	FindingDue     FindingState = "due"     // a repair would remove it
	FindingRemoved FindingState = "removed" // it was removed
	FindingWaiting FindingState = "waiting" // it may be removed when it is older
	FindingKept    FindingState = "kept"    // it is left alone
)

// Finding is one finding of a comparison.
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
	Read      int64 `json:"read"`      // documents that were opened and compared
	Objects   int64 `json:"objects"`   // in the store, under d/
	Wrong     int64 `json:"wrong"`     // findings, by their state
	Due       int64 `json:"due"`
	Removed   int64 `json:"removed"`
	Waiting   int64 `json:"waiting"`
	Kept      int64 `json:"kept"`
}

// OK says whether nothing is wrong and nothing is left to do.
func (r StoreReport) OK() bool { return r.Wrong == 0 && r.Due == 0 }

// LocalCheckStore compares the store with the database, as the owner of the machine. It
// calls each for each finding, one at a time. Gateways may run meanwhile.
func (u *Upkeep) LocalCheckStore(ctx context.Context, c StoreCheck, each func(Finding), progress choke.Progress) (StoreReport, error) {
	if c.Grace != 0 && c.Grace < u.limits.LateWrite {
		return StoreReport{}, &choke.Invalid{Kind: choke.InvalidParameter, Field: "grace",
			Detail: fmt.Sprintf("an object that no row knows must be at least %v old before it is removed", u.limits.LateWrite)}
	}
	e := u.owner.Event(policy.ActionObjectCheck)
	e.Private["repair"], e.Private["read"] = fmt.Sprint(c.Repair), fmt.Sprint(c.Read)
	if err := u.owner.Record(ctx, choke.OperatorLedger, e, nil); err != nil {
		return StoreReport{}, err
	}
	check := &storeCheck{StoreCheck: c, upkeep: u, local: true, each: each, progress: progress}
	err := check.run(ctx)
	return check.report, choke.Unavailable(err)
}

// storeCheck is a running comparison.
type storeCheck struct {
	StoreCheck
	upkeep   *Upkeep
	local    bool // the owner of the machine asked for it
	progress choke.Progress
	now      time.Time
	certain  bool // this build knows all columns that refer to objects

	mu     sync.Mutex // of what follows
	report StoreReport
	each   func(Finding)
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

// preconditions checks that the store can be compared with this database.
func (c *storeCheck) preconditions(ctx context.Context) error {
	unknown, err := c.upkeep.unknownReferences(ctx)
	if err != nil {
		return err
	}
	c.certain = len(unknown) == 0
	if !c.certain {
		c.add(Finding{Kind: FindingReferencesUnknown, State: FindingWrong, Detail: "a newer build has migrated the database, and this one " +
			"does not know " + strings.Join(unknown, ", ") + ": no object without a row is removed. Run the newer build"})
	}
	forgotten, err := c.upkeep.erasures.UnknownErasures(ctx)
	for _, id := range forgotten {
		c.add(Finding{Kind: FindingErasureForgotten, State: FindingWrong, Object: erasing.JournalKey(id),
			Detail: "the database was restored from an older backup: run `bordereau keys reapply-erasures`"})
	}
	if err != nil {
		return err
	}
	refused, err := c.upkeep.erasures.RefusedErasures(ctx)
	for _, row := range refused {
		c.add(Finding{Kind: FindingErasureRefused, State: FindingWrong, Contract: row.Contract, Document: row.Document,
			Detail: "erasure " + string(row.ID) + " runs since " + row.Decided.Time().Format("2006-01-02") + ", because the store does not delete a body " +
				"that no lock keeps: see to the rights that docs/stores.md lists"})
	}
	return err
}

// add counts a finding and passes it on.
func (c *storeCheck) add(f Finding) {
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
	c.each(f)
}

// sweepEvent returns the event that something is removed from the store.
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

// SweepStore compares the store with the database and removes the objects that no
// document needs. It does nothing if a gateway has done so within Config.SweepStoreEvery.
func (u *Upkeep) SweepStore(ctx context.Context) error {
	due, err := u.claimStoreSweep(ctx)
	if err != nil || !due {
		return err
	}
	check := &storeCheck{StoreCheck: StoreCheck{Repair: true}, upkeep: u, each: u.logFinding}
	if err := check.run(ctx); err != nil {
		return choke.Unavailable(err)
	}
	r := check.report
	u.log.Info("compared the object store with the database", "documents", r.Documents, "objects", r.Objects, "wrong", r.Wrong,
		"removed", r.Removed, "waiting", r.Waiting, "kept", r.Kept)
	return nil
}

// logFinding logs what is wrong. `bordereau fsck` shows all findings.
func (u *Upkeep) logFinding(f Finding) {
	if f.State == FindingWrong {
		u.log.Error("the object store is not what the database says", "finding", f.Kind, "contract", f.Contract, "document", f.Document,
			"object", f.Object, "detail", f.Detail)
	}
}

// RunStoreSweeps sweeps the store until ctx ends. It never sweeps at once, because a
// command that ends soon should not begin to.
func (u *Upkeep) RunStoreSweeps(ctx context.Context) {
	pause := time.NewTicker(u.limits.SweepEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		err := u.SweepStore(ctx)
		if ctx.Err() != nil {
			return
		}
		u.worked("store-sweep", err)
		if err != nil {
			u.log.Error("comparing the object store with the database failed", "error", err)
		}
	}
}
