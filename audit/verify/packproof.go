package verify

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// maxProof is more than the longest proof: 63 hashes in a line each, and a checkpoint.
const maxProof = 8<<10 + maxNote

// parseProof reads a C2SP tlog-proof as packs have it, without extra data: the event's
// number, the hashes, and the checkpoint as it stands.
func parseProof(text []byte) (seq int64, hashes tlog.RecordProof, checkpoint []byte, err error) {
	lines, checkpoint, err := splitProof(text)
	if err != nil {
		return 0, nil, nil, err
	}
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, nil, nil, errors.New("it is no tlog-proof of version 1")
	}
	if seq, err = numberAfter("index ", lines[1]); err != nil {
		return 0, nil, nil, err
	}
	list, err := parseHashes(lines[2:])
	return seq, list, checkpoint, err
}

// parseConsistency reads a consistency proof: the smaller size, the hashes, and the
// checkpoint of the larger.
func parseConsistency(text []byte) (old int64, hashes tlog.TreeProof, checkpoint []byte, err error) {
	lines, checkpoint, err := splitProof(text)
	if err != nil {
		return 0, nil, nil, err
	}
	if old, err = numberAfter("old ", lines[0]); err != nil {
		return 0, nil, nil, err
	}
	list, err := parseHashes(lines[1:])
	return old, list, checkpoint, err
}

func splitProof(text []byte) (lines []string, checkpoint []byte, err error) {
	head, checkpoint, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		return nil, nil, errors.New("it has no checkpoint")
	}
	return strings.Split(string(head), "\n"), checkpoint, nil
}

// numberAfter is the number in a line after its word, in its one form.
func numberAfter(word, line string) (int64, error) {
	text, ok := strings.CutPrefix(line, word)
	n, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("it has no line %q with a number", word)
	}
	return n, nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	if len(lines) > 64 {
		return nil, errors.New("it has more hashes than any proof")
	}
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil || hash.String() != line {
			return nil, errors.New("it holds a line that is no hash")
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// prove checks the inclusion proof of an event to the pack's checkpoint.
func (p *packVerification) prove(seq int64, leaf []byte) bool {
	err := p.included(seq, leaf)
	if err != nil {
		p.v.report.problem(KindProof, seq, "proof of the event: %v", err)
	}
	return err == nil
}

func (p *packVerification) included(seq int64, leaf []byte) error {
	text, err := p.archive.read(proofName(seq), maxProof)
	if err != nil {
		return err
	}
	index, hashes, checkpoint, err := parseProof(text)
	switch {
	case err != nil:
		return err
	case index != seq:
		return errors.New("it is of another event")
	case !bytes.Equal(checkpoint, p.signed):
		return errors.New("it is to another checkpoint than that of the pack")
	case p.newest == nil:
		return errors.New("the checkpoint that it leads to is not good")
	case seq >= p.newest.size:
		return errors.New("the checkpoint does not cover the event")
	case tlog.CheckRecord(hashes, p.newest.size, p.newest.root, seq, tlog.RecordHash(leaf)) != nil:
		return errors.New("it does not lead to the checkpoint: this event is not in the ledger that was signed")
	}
	return nil
}

const (
	proofFolder       = "proofs/"
	consistencyFolder = "consistency/"
)

func proofName(seq int64) string { return proofFolder + strconv.FormatInt(seq, 10) }

// older compares the pack's checkpoint with kept checkpoints. It needs a proof that the
// ledger only grew from one to the other. The pack has the proofs that were asked for
// when it was made.
func (p *packVerification) older(notes [][]byte) {
	for i, signed := range notes {
		c, ok := p.v.openCheckpoint(fmt.Sprintf("older checkpoint %d", i+1), signed)
		if !ok || p.newest == nil {
			continue
		}
		p.checkEpoch(c)
		switch err := p.consistent(c); {
		case errors.Is(err, errNoProof):
			p.v.report.notChecked("%s, of %d events: the pack holds no proof from there: compare both with a copy of the ledger", c.name, c.size)
		case err != nil:
			p.v.report.problem(KindRoot, NoSeq, "%s, of %d events, and the checkpoint of the pack, of %d: %v", c.name, c.size, p.newest.size, err)
		default:
			p.v.report.Older++
		}
	}
	for _, m := range p.archive.members {
		if strings.HasPrefix(m.name, consistencyFolder) {
			p.checkConsistencyName(m.name)
		}
	}
}

var (
	errNoProof      = errors.New("no proof")
	errTwoHistories = errors.New("they are of two histories")
)

func (p *packVerification) consistent(c checkpoint) error {
	switch {
	case c.size == 0:
		return nil // every tree begins with the empty one
	case c.size == p.newest.size && c.root != p.newest.root:
		return errTwoHistories
	case c.size == p.newest.size:
		return nil
	case c.size > p.newest.size:
		return errNoProof // the pack is the earlier one
	}
	name := consistencyFolder + strconv.FormatInt(c.size, 10)
	if p.archive.byName[name] == nil {
		return errNoProof
	}
	text, err := p.archive.read(name, maxProof)
	if err != nil {
		return err
	}
	old, hashes, checkpoint, err := parseConsistency(text)
	switch {
	case err != nil:
		return err
	case old != c.size || !bytes.Equal(checkpoint, p.signed):
		return errors.New("the proof is of other sizes")
	case tlog.CheckTree(hashes, p.newest.size, p.newest.root, c.size, c.root) != nil:
		return errTwoHistories
	}
	return nil
}

// checkConsistencyName checks that an unused proof is a well-formed consistency proof of
// its name.
func (p *packVerification) checkConsistencyName(name string) {
	old, err := numberAfter(consistencyFolder, name)
	if err == nil {
		var text, checkpoint []byte
		var said int64
		if text, err = p.archive.read(name, maxProof); err == nil {
			said, _, checkpoint, err = parseConsistency(text)
		}
		if err == nil && (said != old || !bytes.Equal(checkpoint, p.signed)) {
			err = errors.New("it is a proof of something else")
		}
	}
	if err != nil {
		p.v.report.problem(KindProof, NoSeq, "member %q: %v", name, err)
	}
}
