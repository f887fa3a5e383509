package verify

import (
	"fmt"
	"strings"
	"time"
)

// Report is the result of a verification. OK is its one-word answer, Statement its answer
// in sentences.
type Report struct {
	Ledger string    `json:"ledger"`
	Events int64     `json:"events"`         // in the copy
	Root   string    `json:"root"`           // of the Merkle tree over them, base64
	From   time.Time `json:"from,omitzero"`  // time of the first event
	Until  time.Time `json:"until,omitzero"` // time of the last

	Checkpoint int64 `json:"checkpoint"` // events that the newest checkpoint covers; -1 without a good one
	Proven     int64 `json:"proven"`     // events, from the first on, that a checkpoint was signed over
	Older      int   `json:"older"`      // older checkpoints that the copy agrees with

	Epochs []Epoch `json:"epochs,omitempty"` // after the first

	Erased     int64   `json:"erased"`      // events whose erasable data is not in the copy
	Open       int64   `json:"open"`        // grants without an end in the copy
	OpenGrants []Grant `json:"open_grants"` // the first thousand of them

	Found      int64     `json:"found"`       // problems
	Problems   []Problem `json:"problems"`    // the first thousand of them
	NotChecked []string  `json:"not_checked"` // what could not be checked, and why
}

// maxListed bounds the lists of a report.
const maxListed = 1000

// Problem is one thing that is not as it must be.
type Problem struct {
	Kind   Kind   `json:"kind"`
	Seq    int64  `json:"seq"` // where it begins; NoSeq when it is not about an event
	Detail string `json:"detail"`
}

// NoSeq is the place of a problem that is not about an event.
const NoSeq = -1

// Kind says what is wrong.
type Kind string

// The kinds of problem.
const (
	KindLeaf    Kind = "leaf"    // the leaf is not an event in its one form
	KindLedger  Kind = "ledger"  // the event is of another ledger
	KindMissing Kind = "missing" // sequence numbers are left out
	KindOrder   Kind = "order"   // a sequence number comes again, or too late
	KindPlace   Kind = "place"   // the leaf was written for another sequence number
	KindTime    Kind = "time"    // time goes back
	KindPrivate Kind = "private" // the erasable data does not open its commitment
	KindColumn  Kind = "column"  // a column beside the leaf says something else
	KindIndex   Kind = "index"   // the bitmap index says something else than the events
	KindErased  Kind = "erased"  // erasable data is gone, and no event records its erasure
	KindHead    Kind = "head"    // the state that a database goes on from is not that of the events
	KindGrant   Kind = "grant"   // something ended that was not granted, or had ended before

	KindRoot       Kind = "root"       // the events are not those that a checkpoint was signed over
	KindTruncated  Kind = "truncated"  // the copy ends before a checkpoint does
	KindSignature  Kind = "signature"  // a checkpoint is not signed by the key
	KindOrigin     Kind = "origin"     // a checkpoint is of another ledger
	KindCheckpoint Kind = "checkpoint" // a checkpoint is malformed
	KindEpoch      Kind = "epoch"      // an epoch does not follow on the one before it
	KindKey        Kind = "key"        // a key does not follow on the one before it
	KindTile       Kind = "tile"       // a published tile or bundle is missing, malformed, or not that of the events

	KindArchive  Kind = "archive"  // a pack is no archive of its one form
	KindManifest Kind = "manifest" // the list of a pack's members is malformed, or a member is not what it says
	KindProof    Kind = "proof"    // an inclusion or consistency proof is missing, malformed, or does not hold
	KindTable    Kind = "table"    // the table for people says something else than the events
	KindTerms    Kind = "terms"    // a contract version is missing, or not the one that was approved
	KindQuestion Kind = "question" // the question is malformed, or an event does not answer it
)

// newReport has empty lists and not null, which is easier for programs that read the
// report as JSON.
func newReport(ledger string) *Report {
	return &Report{Ledger: ledger, Checkpoint: -1, OpenGrants: []Grant{}, Problems: []Problem{}, NotChecked: []string{}}
}

func (r *Report) problem(kind Kind, seq int64, format string, args ...any) {
	r.Found++
	if len(r.Problems) < maxListed {
		r.Problems = append(r.Problems, Problem{Kind: kind, Seq: seq, Detail: fmt.Sprintf(format, args...)})
	}
}

func (r *Report) notChecked(format string, args ...any) {
	r.NotChecked = append(r.NotChecked, fmt.Sprintf(format, args...))
}

// OK says whether nothing is wrong and the newest checkpoint proves the copy as far as it
// goes.
func (r *Report) OK() bool { return r.Found == 0 && r.Checkpoint >= 0 }

// Statement says in plain sentences what was found, what was proven, and what was not.
func (r *Report) Statement() string {
	var s strings.Builder
	switch {
	case r.Found > 0:
		s.WriteString("NOT OK.")
	case r.Checkpoint < 0:
		s.WriteString("NOT PROVEN: there is no checkpoint to prove it by.")
	default:
		s.WriteString("OK.")
	}
	fmt.Fprintf(&s, " Ledger %s, events in the copy: %d, problems found: %d.", r.Ledger, r.Events, r.Found)
	if r.Proven > 0 {
		fmt.Fprintf(&s, " From the first on, %d are exactly those that were signed: none of them was changed, left out, put in or moved.", r.Proven)
	}
	if n := len(r.Epochs); n > 0 {
		fmt.Fprintf(&s, " A restore had lost events: from event %d on it is in epoch %d.", r.Epochs[n-1].Begins, r.Epochs[n-1].Epoch)
	}
	if beyond := r.Events - r.Proven; beyond > 0 {
		fmt.Fprintf(&s, "  No checkpoint covers the other %d.", beyond)
	}
	if r.Erased > 0 {
		fmt.Fprintf(&s, "  The erasable data of %d is not in the copy and cannot be checked.", r.Erased)
	}
	s.WriteString(" Completeness beyond the checkpoint is not claimed: no copy can show whether the ledger goes on after it.")
	return s.String()
}
