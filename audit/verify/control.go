package verify

import (
	"encoding/base64"
	"errors"

	"golang.org/x/mod/sumdb/note"

	"github.com/bordereau/bordereau/audit/event"
)

// Epoch is an epoch of a ledger after its first.
type Epoch struct {
	Epoch  int64 `json:"epoch"`
	Begins int64 `json:"begins"` // number of its first event
}

// control checks a control event: one about the ledger's own name or key.
func (v *verification) control(seq int64, e event.Event) error {
	switch e.Action {
	case event.ActionEpoch:
		return v.beginEpoch(seq, e)
	case event.ActionRekey:
		v.rekey(seq, e)
	}
	return nil
}

// beginEpoch checks that an epoch names exactly the tree before it. The event's leaf is
// not in the tree yet.
func (v *verification) beginEpoch(seq int64, e event.Event) error {
	m, err := event.ParseEpochChange(e.Subject)
	if err != nil {
		v.report.problem(KindEpoch, seq, "the event begins an epoch and does not say which")
		return nil
	}
	root, err := v.tree.root()
	if err != nil {
		return err
	}
	switch {
	case m.Former != v.epoch || m.Epoch <= v.epoch:
		v.report.problem(KindEpoch, seq, "epoch %d begins after epoch %d, and the ledger was in epoch %d", m.Epoch, m.Former, v.epoch)
	case m.Size != seq || m.Root != root:
		v.report.problem(KindEpoch, seq, "epoch %d names another end of epoch %d than the events before it have", m.Epoch, m.Former)
	}
	v.epoch = max(v.epoch, m.Epoch)
	v.epochChanges = append(v.epochChanges, m)
	v.report.Epochs = append(v.report.Epochs, Epoch{Epoch: m.Epoch, Begins: seq})
	// Events imported after a restore have no erasable data, and no event counts these.
	v.lost += max(v.gone-v.recorded, 0)
	v.gone, v.recorded = 0, 0
	return nil
}

// rekey checks that the event repeats the statement of its number.
func (v *verification) rekey(seq int64, e event.Event) {
	if v.keys == nil {
		return // there is no key at all
	}
	for i := range v.keys.chain {
		if l := &v.keys.chain[i]; l.seq == seq {
			if l.seen = l.subject == e.Subject; !l.seen {
				v.report.problem(KindKey, seq, "the event names another succession of keys than the statement")
			}
			return
		}
	}
	v.report.problem(KindKey, seq, "the key was replaced here, and no statement connects the key given with it")
}

// endControlEvents reports the problems of names and keys that show only at the end of
// the copy.
func (v *verification) endControlEvents() {
	if v.latest > v.epoch {
		v.report.problem(KindEpoch, NoSeq, "there is a checkpoint of epoch %d, and the events begin none after %d", v.latest, v.epoch)
	}
	if v.lost > 0 {
		v.report.notChecked("whether the erasable data of %d events from before epoch %d was erased, or lost by a restore", v.lost, v.epoch)
	}
	if v.keys == nil {
		return
	}
	for _, l := range v.keys.chain {
		if l.seq >= 0 && l.seq < v.tree.size && !l.seen {
			v.report.problem(KindKey, l.seq, "a statement says that the key was replaced here, and the event does not")
		}
	}
	if v.coveredEarlier > v.covered {
		v.report.problem(KindKey, v.covered, "only a key from before the one given signed the events from here to %d", v.coveredEarlier-1)
	}
	for _, m := range v.epochChanges {
		v.report.notChecked("whether epoch %d had more events than the %d that were published: a restore has lost them", m.Former, m.Size)
	}
}

// signatureOf takes the signature out of a note's line.
func signatureOf(s note.Signature) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(data) < 4 {
		return nil, errors.New("it has no signature")
	}
	return data[4:], nil // after the key's hash
}
