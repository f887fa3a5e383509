package verify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/event"
)

// keysFolder holds the statements about the ledger's keys, by the numbers of their
// events, as they are published.
const keysFolder = "keys/"

// useKeys takes the key for the checkpoints, and follows the statements in the pack from
// there. Without a given key it uses the key in the pack, if that is well formed.
func (p *packVerification) useKeys() bool {
	inside, err := p.keyInside()
	if err != nil {
		p.v.report.problem(KindSignature, NoSeq, "the key in the pack %v", err)
		if !p.given {
			return false
		}
	}
	if !p.given {
		p.key = inside
	}
	p.v.keys, err = newKeys(p.manifest.Ledger, p.key, p.statements(), func(seq int64, format string, args ...any) {
		p.v.report.problem(KindKey, seq, format, args...)
	})
	if err != nil {
		p.v.report.problem(KindSignature, NoSeq, "the key cannot be used: %v", err)
		return false
	}
	return true
}

// keyInside reads the key in the pack. It proves nothing, but a wrong key is a mistake or
// a lie, so it is reported.
func (p *packVerification) keyInside() (string, error) {
	text, err := p.archive.read(keyName, maxKey)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	key, ok := strings.CutSuffix(string(text), "\n")
	if _, err := note.NewVerifier(key); !ok || err != nil {
		return "", errors.New("is no verifier key")
	}
	p.inside = key
	return key, nil
}

// statements are the statements in the pack. An unreadable member counts as a malformed
// statement.
func (p *packVerification) statements() []Statement {
	var statements []Statement
	for _, m := range p.archive.members {
		name, ok := strings.CutPrefix(m.name, keysFolder)
		if !ok {
			continue
		}
		seq, err := strconv.ParseInt(name, 10, 64)
		if err != nil || seq < 0 || fmt.Sprintf("%020d", seq) != name || len(statements) == maxStatements {
			p.v.report.problem(KindKey, NoSeq, "member %q is no statement about a key, or there are more than %d", m.name, maxStatements)
			continue
		}
		signed, err := p.archive.read(m.name, maxNote)
		if err != nil {
			signed = []byte{}
		}
		statements = append(statements, Statement{Seq: seq, Note: signed})
	}
	return statements
}

// checkKeyInside checks that the key in the pack is the last of the chain, under the name
// that the checkpoint has.
func (p *packVerification) checkKeyInside() {
	if p.inside == "" || p.newest == nil {
		return
	}
	last := p.v.keys.chain[len(p.v.keys.chain)-1]
	want, err := note.NewEd25519VerifierKey(event.LogName(p.v.keys.first, p.newest.epoch), last.key)
	if err != nil || want != p.inside {
		p.v.report.problem(KindSignature, NoSeq, "the key in the pack is another than the one given, or the one that follows on it")
	}
}

// control checks a control event as far as possible without the events around it.
func (p *packVerification) control(e event.Event) {
	switch e.Action {
	case event.ActionEpoch:
		m, err := event.ParseEpochChange(e.Subject)
		if err != nil || m.Size != e.Seq {
			p.v.report.problem(KindEpoch, e.Seq, "the event begins an epoch and does not say which, or where")
			return
		}
		p.v.epochChanges = append(p.v.epochChanges, m)
	case event.ActionRekey:
		p.v.rekey(e.Seq, e)
	}
}

// checkEpoch refuses a checkpoint of an epoch that had ended within its size, as far as
// the rows show.
func (p *packVerification) checkEpoch(c checkpoint) {
	for _, m := range p.v.epochChanges {
		if c.size > m.Size && c.epoch < m.Epoch {
			p.v.report.problem(KindEpoch, m.Size, "epoch %d began here, and %s was signed in epoch %d over %d events", m.Epoch, c.name, c.epoch, c.size)
		}
	}
}

// endKeys reports the statements that no row repeats as not checked: only a copy of the
// ledger has their events.
func (p *packVerification) endKeys() {
	for _, l := range p.v.keys.chain {
		if l.seq >= 0 && !l.seen {
			p.v.report.notChecked("whether event %d replaced the ledger's key, as a statement in the pack says: it is not among the rows", l.seq)
		}
	}
}
