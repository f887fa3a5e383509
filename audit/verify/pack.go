package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/event"
)

// The members of a pack beside its proofs, contract versions and manifest, in their
// order.
const (
	howToName      = "HOW-TO-VERIFY.txt"
	keyName        = "key"
	checkpointName = "checkpoint"
	questionName   = "question.json"
	rowsName       = "events.ndjson"
	tableName      = "events.csv"
)

const (
	maxKey = 1 << 10
	// maxPackEvents is the largest number of events in a pack. A gateway makes no larger
	// one.
	maxPackEvents = 10_000
)

// PackEvidence is the evidence to verify a pack with.
type PackEvidence struct {
	// Key is a verifier key of the ledger, from a source other than the pack. It may be
	// of any epoch. Where the key was replaced, it may be any key from which the
	// statements in the pack lead to the one that signed its checkpoint. Without Key the
	// key in the pack is used. The maker of the pack may have made that too, so the
	// report then says that nothing is proven.
	Key   string
	Older [][]byte // checkpoints of the ledger kept from earlier, in any order
}

// Pack verifies an evidence pack: an archive with the answer to one question to a ledger,
// and the proof that each event in it is in the ledger. The archive may be forged, so it
// is read only in its one form. Memory grows only with its list of members, which is
// bounded. Its problems are in the report. An error means that the verification itself
// failed.
func Pack(ctx context.Context, file io.ReaderAt, size int64, against PackEvidence) (*PackReport, error) {
	p := &packVerification{v: &verification{report: newReport("")}, named: map[string]contractVersion{},
		approved: map[contractVersion]approval{}}
	if against.Key != "" {
		if _, err := note.NewVerifier(against.Key); err != nil {
			return nil, fmt.Errorf("verifying pack: reading verifier key: %w", err)
		}
		p.key, p.given = against.Key, true
	}
	if err := p.open(file, size); err != nil {
		p.v.report.problem(err.kind, NoSeq, "%v", err.error)
		return p.report(), nil
	}
	p.checkMembers()
	if !p.complete() || !p.useKeys() {
		return p.report(), nil
	}
	p.openCheckpoint()
	p.question()
	if err := p.rows(ctx); err != nil {
		return nil, fmt.Errorf("verifying pack: %w", err)
	}
	p.unusedProofs()
	p.terms()
	if p.newest != nil {
		p.checkEpoch(*p.newest)
	}
	p.older(against.Older)
	p.endKeys()
	return p.report(), nil
}

// packVerification is the state of one run.
type packVerification struct {
	v        *verification // checks the parts that packs share with copies: checkpoints, erasable data
	archive  *archive
	manifest *manifest

	key    string // the trusted key, if one is
	given  bool   // the key did not come in the pack
	inside string // the key in the pack; empty when it is not good
	signed []byte
	newest *checkpoint // nil when it is not good

	asked     *Asked
	scope     string // the asker may see only events of people of this organisation
	filters   *filters
	export    int64 // seq of the export's own event; NoSeq when it is not good
	last      *event.Event
	events    int64
	proven    int64
	opened    int64
	proofs    int
	contracts int
	named     map[string]contractVersion
	approved  map[contractVersion]approval
}

// refused is the error of a pack that cannot be read any further.
type refused struct {
	kind Kind
	error
}

func (p *packVerification) open(file io.ReaderAt, size int64) *refused {
	a, err := openArchive(file, size)
	if err != nil {
		return &refused{KindArchive, err}
	}
	p.archive = a
	if p.manifest, err = readManifest(a); err != nil {
		return &refused{KindManifest, err}
	}
	if !event.ValidLedger(p.manifest.Ledger) {
		return &refused{KindManifest, errors.New("manifest.json names no ledger")}
	}
	p.v.report.Ledger, p.export = p.manifest.Ledger, NoSeq
	return nil
}

func (p *packVerification) openCheckpoint() {
	signed, err := p.archive.read(checkpointName, maxNote)
	if err != nil {
		p.v.report.problem(KindCheckpoint, NoSeq, "the checkpoint: %v", err)
		return
	}
	p.signed = signed
	c, ok := p.v.openCheckpoint("the checkpoint", signed)
	if !ok {
		return
	}
	if c.key < p.v.keys.trusted {
		p.v.report.problem(KindKey, NoSeq, "the checkpoint is signed with a key from before the one given, which proves nothing by itself")
		return
	}
	if c.size != p.manifest.Size {
		p.v.report.problem(KindManifest, NoSeq, "the checkpoint covers %d events, and manifest.json says %d", c.size, p.manifest.Size)
	}
	p.newest = &c
	p.v.report.Checkpoint, p.v.report.Root = c.size, c.root.String()
	p.checkKeyInside()
}

// rows checks the events and the table beside them, line by line.
func (p *packVerification) rows(ctx context.Context) error {
	lines := newLineReader(p.archive.reader(p.archive.byName[rowsName]), maxRow)
	table := newLineReader(p.archive.reader(p.archive.byName[tableName]), maxRow)
	head, err := table.next()
	if err != nil || string(head) != tableHead() {
		p.v.report.problem(KindTable, NoSeq, "%s does not begin with the names of the columns", tableName)
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && p.events == maxPackEvents {
			err = fmt.Errorf("it has more than %d lines", maxPackEvents)
		}
		if err != nil {
			p.v.report.problem(KindLeaf, NoSeq, "%s: %v", rowsName, err)
			return nil
		}
		p.events++
		p.row(line, table)
	}
	if _, err := table.next(); !errors.Is(err, io.EOF) {
		p.v.report.problem(KindTable, NoSeq, "%s goes on after the last event", tableName)
	}
	if p.events != p.manifest.Events {
		p.v.report.problem(KindManifest, NoSeq, "there are %d events, and manifest.json says %d", p.events, p.manifest.Events)
	}
	return nil
}

func (p *packVerification) row(line []byte, table *lineReader) {
	cells, tableErr := table.next()
	r, err := parsePackRow(line)
	if err != nil {
		p.v.report.problem(KindLeaf, NoSeq, "line %d of %s: %v", p.events, rowsName, err)
		return
	}
	e, err := event.Parse(r.leaf)
	if err != nil {
		p.v.report.problem(KindLeaf, NoSeq, "line %d of %s: the leaf is not an event in its one form", p.events, rowsName)
		return
	}
	if tableErr != nil || string(cells) != tableLine(e) {
		p.v.report.problem(KindTable, e.Seq, "%s says something else than the event", tableName)
	}
	p.order(e)
	p.event(r, e)
	p.answers(e)
	p.control(e)
	if p.prove(e.Seq, r.leaf) {
		p.proven++
	}
	if e.Seq != p.export { // its proof was checked with the question
		p.proofs++
	}
	p.last = &e
}

// order checks that rows are newest first, as in the answer: times fall with the numbers.
func (p *packVerification) order(e event.Event) {
	switch {
	case p.last == nil:
	case e.Seq >= p.last.Seq:
		p.v.report.problem(KindOrder, e.Seq, "the event is there twice, or not in its place: rows are newest first")
	case e.Time.After(p.last.Time):
		p.v.report.problem(KindTime, e.Seq, "the event is dated after one that follows it in the ledger")
	}
}

// event checks a row by itself, and notes the contract version that it names.
func (p *packVerification) event(r packRow, e event.Event) {
	if e.Ledger != p.manifest.Ledger {
		p.v.report.problem(KindLedger, e.Seq, "the event is of another ledger")
	}
	p.v.private(Row{Seq: e.Seq, Leaf: r.leaf, Private: r.private}, e)
	var private map[string]string
	if r.opens(e) {
		p.opened++
		private, _ = r.private.Private() // unreadable data that opens the commitment is still the right data
	}
	p.noteTerms(e, private)
}

// unusedProofs compares counts: each row used one proof, so with more proofs one belongs
// to no row.
func (p *packVerification) unusedProofs() {
	count := 0
	for _, m := range p.archive.members {
		if strings.HasPrefix(m.name, proofFolder) {
			count++
		}
	}
	if count != p.proofs {
		p.v.report.problem(KindProof, NoSeq, "there are %d proofs, and %d events to prove", count, p.proofs)
	}
}

// complete says whether all required members are there, and reports members that no pack
// has.
func (p *packVerification) complete() bool {
	missing := map[string]bool{howToName: true, keyName: true, checkpointName: true, questionName: true, rowsName: true, tableName: true}
	for _, m := range p.archive.members {
		folder, _, _ := strings.Cut(m.name, "/")
		if !missing[m.name] && m.name != manifestName && !isPackFolder(folder+"/") {
			p.v.report.problem(KindManifest, NoSeq, "member %q is none that a pack has", m.name)
		}
		delete(missing, m.name)
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		p.v.report.problem(KindManifest, NoSeq, "member %q is missing: every pack has it", name)
	}
	return len(missing) == 0
}

func isPackFolder(name string) bool {
	return name == proofFolder || name == contractFolder || name == consistencyFolder || name == keysFolder
}
