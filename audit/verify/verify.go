package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
)

// Row is one event of a copy.
type Row struct {
	Seq     int64
	Leaf    []byte
	Private *event.Opening // nil where it was erased or never was
	Columns Columns        // nil where the copy has no index
}

// Evidence is the evidence to verify a copy with.
type Evidence struct {
	Ledger     string   // the ledger that the copy must be of
	Key        string   // verifier key of its checkpoints (C2SP signed note), from a source other than the copy's
	Checkpoint []byte   // the newest signed checkpoint; nil leaves the copy unproven, and the report says so
	Older      [][]byte // checkpoints kept from earlier, in any order: audits, receipts, witnesses

	// Statements lead from Key to the other keys of the ledger, if its key was replaced.
	Statements []Statement

	// Head reads the head of a database. It is called before the rows and after them, and
	// nil when there is no database.
	Head func() (Head, error)

	// Index is the bitmap index of a database; nil when there is none.
	Index *Index
}

// Copy verifies a copy of a ledger. rows are its events in the order of the copy, and are
// read once; memory does not grow with their number. Problems of the copy or the evidence
// are in the report. An error means that the verification itself failed.
func Copy(ctx context.Context, rows iter.Seq2[Row, error], against Evidence) (*Report, error) {
	v, err := begin(against)
	if err != nil {
		return nil, fmt.Errorf("verifying ledger: %w", err)
	}
	if err := v.expectHead(against.Head); err != nil {
		return nil, fmt.Errorf("verifying ledger: %w", err)
	}
	for row, err := range rows {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, fmt.Errorf("verifying ledger: reading the copy: %w", err)
		}
		if err := v.row(row); err != nil {
			return nil, fmt.Errorf("verifying ledger: %w", err)
		}
	}
	if err := v.endHead(against.Head); err != nil {
		return nil, fmt.Errorf("verifying ledger: %w", err)
	}
	if err := v.endIndex(); err != nil {
		return nil, fmt.Errorf("verifying ledger: %w", err)
	}
	if err := v.end(); err != nil {
		return nil, fmt.Errorf("verifying ledger: %w", err)
	}
	return v.report, nil
}

// verification is the state of one run.
type verification struct {
	report *Report
	tree   tree
	due    []checkpoint // those that the tree has yet to reach, the smallest first
	next   int64        // the sequence number that should come
	last   time.Time    // of the event before
	grants grants

	gone     int64 // events whose erasable data the database has no more
	recorded int64 // erasures that its events record, both since the epoch began
	lost     int64 // events of former epochs whose data is gone without a record

	keys           *keys // nil without a key
	covered        int64 // events that a checkpoint of the key given, or a later one, covers
	coveredEarlier int64 // events that one of an earlier key covers

	epoch        int64               // in which the events are
	epochChanges []event.EpochChange // of the epochs after the first
	latest       int64               // epoch that a checkpoint is of
	lastRoot     tlog.Hash           // of the newest checkpoint

	index *index // nil when there are none
	head  *Head  // nil when there is none, or the tree has passed it
}

func begin(against Evidence) (*verification, error) {
	if !event.ValidLedger(against.Ledger) {
		return nil, errors.New("the evidence does not name a ledger")
	}
	v := &verification{report: newReport(against.Ledger), grants: newGrants(), epoch: 1}
	if against.Index != nil {
		v.index = newIndex(*against.Index)
	}
	if against.Key == "" && against.Checkpoint == nil && len(against.Older) == 0 {
		v.report.notChecked("there is no checkpoint: the maker of the copy may have made up all of it")
		return v, v.compare()
	}
	var err error
	v.keys, err = newKeys(against.Ledger, against.Key, against.Statements, func(seq int64, format string, args ...any) {
		v.report.problem(KindKey, seq, format, args...)
	})
	if err != nil {
		return nil, err
	}
	v.openCheckpoints(against)
	return v, v.compare()
}

// compare compares the tree with the checkpoints of its size, and with the head if it has
// this size.
func (v *verification) compare() error {
	if err := v.compareHead(); err != nil {
		return err
	}
	for len(v.due) > 0 && v.due[0].size == v.tree.size {
		root, err := v.tree.root()
		if err != nil {
			return err
		}
		v.conclude(v.due[0], root == v.due[0].root)
		v.due = v.due[1:]
	}
	return nil
}

func (v *verification) conclude(c checkpoint, agrees bool) {
	if c.epoch < v.epoch {
		v.report.problem(KindEpoch, v.endOf(c.epoch), "epoch %d ended here, and %s was signed in it over %d events: those from here on are lost",
			c.epoch, c.name, c.size)
		return
	}
	if !agrees {
		v.report.problem(KindRoot, v.report.Proven,
			"the events from here to %d are not those that %s was signed over", c.size-1, c.name)
		return
	}
	if c.key >= v.keys.trusted {
		v.covered = c.size
	} else {
		v.coveredEarlier = c.size
	}
	v.latest = max(v.latest, c.epoch)
	v.report.Proven = c.size
	if !c.newest {
		v.report.Older++
	}
}

// endOf is where an epoch ended.
func (v *verification) endOf(epoch int64) int64 {
	for _, m := range v.epochChanges {
		if m.Former == epoch {
			return m.Size
		}
	}
	return NoSeq
}

// end reports the problems that show only at the end of the copy.
func (v *verification) end() error {
	root, err := v.tree.root()
	if err != nil {
		return err
	}
	v.report.Root, v.report.Until = root.String(), v.last
	for _, c := range v.due {
		v.report.problem(KindTruncated, v.tree.size, "the copy ends here: %s was signed over %d events", c.name, c.size)
	}
	if v.gone > v.recorded {
		v.report.problem(KindErased, NoSeq, "the erasable data of %d events is gone, and the ledger records the erasure of %d", v.gone, v.recorded)
	}
	v.endControlEvents()
	v.report.Open, v.report.OpenGrants = v.grants.left()
	if v.grants.full {
		v.report.notChecked("more than %d grants were open at once: from there on, whether what ended was granted", maxOpen)
	}
	if v.report.Erased > 0 {
		v.report.notChecked("the erasable data of %d events, which the copy does not hold", v.report.Erased)
	}
	return nil
}
