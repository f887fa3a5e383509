package verify_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// The control events of the packs' ledger, if it has any.
const (
	packEpoch = 3
	packRekey = 6
)

const packStatement = "keys/00000000000000000006"

// rotatedPack is of a ledger in its second epoch, whose key was replaced there. It holds
// both control events.
func rotatedPack(t testing.TB, mark event.KeyChange) *pack {
	t.Helper()
	l := &ledger{}
	for seq := range packSize {
		row := packEvent(t, seq, packQuestion)
		e := plain(seq)
		switch seq {
		case packEpoch:
			root, err := tlog.TreeHash(packEpoch, l)
			if err != nil {
				t.Fatal(err)
			}
			e.Action, e.Reason, e.Subject = event.ActionEpoch, "rollback", event.EpochChange{Epoch: 2, Former: 1, Size: packEpoch, Root: root}.String()
			row = bare(t, e)
		case packRekey:
			e.Action, e.Reason, e.Subject = event.ActionRekey, "", mark.String()
			row = bare(t, e)
		}
		l.append(t, row)
	}
	p := &pack{ledger: l, export: packExport, terms: map[string]string{id("c", 1) + "/1": packTerms}, since: []int64{2}}
	for _, seq := range []int{packExport, packRekey, packEpoch, 2, 1, packApproval} {
		p.rows = append(p.rows, l.rows[seq])
	}
	p.sign(t, origin+"/2", seedNext)
	p.statements = []packFile{{packStatement, statement(t, succession(seedFirst, seedNext), seedFirst)}}
	p.proof = func(seq int64) []byte { return proofOf(t, l, seq, p.checkpoint) }
	return p
}

// sign gives the pack another checkpoint, and its key.
func (p *pack) sign(t testing.TB, name string, seed byte) {
	t.Helper()
	p.checkpoint = p.ledger.signedBy(t, packSize, name, seed)
	_, p.vkey = keyNamed(t, name, seed)
}

// rotatedVectors adds frozen packs of a ledger with another name and key.
func rotatedVectors(t testing.TB, packs map[string][]byte) {
	t.Helper()
	usual := succession(seedFirst, seedNext)
	for name, change := range map[string]func(p *pack){
		"good-rotated": func(*pack) {},
		"good-rotated-unmarked": func(p *pack) { // without the two events
			p.rows = slices.Delete(p.rows, 1, 3)
		},
		"rotated-no-statement": func(p *pack) { p.statements = nil },
		"rotated-forged-statement": func(p *pack) {
			p.statements[0].data = statement(t, usual, seedStranger)
		},
		"rotated-statement-elsewhere": func(p *pack) { p.statements[0].name = "keys/00000000000000000005" },
		"rotated-statement-name":      func(p *pack) { p.statements[0].name = "keys/6" },
		"rotated-statement-is-none":   func(p *pack) { p.statements[0].data = []byte("key\n") },
		"rotated-another-heir": func(p *pack) {
			p.statements[0].data = statement(t, succession(seedFirst, seedStranger), seedFirst)
			p.sign(t, origin+"/2", seedStranger)
		},
		"rotated-old-key":    func(p *pack) { p.sign(t, origin+"/2", seedFirst) },
		"rotated-old-epoch":  func(p *pack) { p.sign(t, origin, seedNext) },
		"rotated-key-inside": func(p *pack) { _, p.vkey = keyNamed(t, origin+"/2", seedFirst) },
		"rotated-key-epoch":  func(p *pack) { _, p.vkey = keyNamed(t, origin, seedNext) },
	} {
		p := rotatedPack(t, usual)
		change(p)
		packs[name] = p.zipped(t)
	}
	packs["rotated-another-event"] = rotatedPack(t, succession(seedFirst, seedStranger)).zipped(t)
}

// keysOfRotated are all keys that prove the rotated pack.
func keysOfRotated(t testing.TB) []string {
	t.Helper()
	var keys []string
	for _, name := range []string{origin, origin + "/2", origin + "/3"} {
		for _, seed := range []byte{seedFirst, seedNext} {
			_, key := keyNamed(t, name, seed)
			keys = append(keys, key)
		}
	}
	return keys
}

// TestRotatedPack: a key of any epoch, or any key of the chain, proves the pack.
// Checkpoints from before the epoch and before the rotation agree with it.
func TestRotatedPack(t *testing.T) {
	needs.Parallel(t)
	p := rotatedPack(t, succession(seedFirst, seedNext))
	data := p.zipped(t)
	older := [][]byte{p.ledger.signedBy(t, 2, origin, seedFirst), p.ledger.signedBy(t, packSize, origin+"/2", seedNext)}
	for _, key := range keysOfRotated(t) {
		r := verifiedPack(t, data, verify.PackEvidence{Key: key, Older: older})
		if !r.Proves() || r.Older != 2 || r.Proven != int64(len(p.rows)) || len(r.NotChecked) != 0 {
			t.Errorf("%s: %+v", key, r)
		}
		secondOnPack(t, data, key, true, older...)
	}
	if r := verifiedPack(t, data, verify.PackEvidence{}); !r.OK() || r.Proves() {
		t.Errorf("with the key that came in it: %v", r.Problems)
	}
	_, stranger := keyNamed(t, origin, seedStranger)
	if r := verifiedPack(t, data, verify.PackEvidence{Key: stranger}); r.OK() {
		t.Error("proven by the key of a stranger")
	}
	secondOnPack(t, data, stranger, false)
}

// Earlier checkpoints that contradict the pack are problems.
func TestRotatedPackAgainstOlderCheckpoints(t *testing.T) {
	needs.Parallel(t)
	p := rotatedPack(t, succession(seedFirst, seedNext))
	data := p.zipped(t)
	_, first := keyNamed(t, origin, seedFirst)
	other := newLedger(t, packSize)
	for name, c := range map[string]struct {
		older []byte
		want  verify.Kind
	}{
		"of an epoch that had ended":          {p.ledger.signedBy(t, 5, origin, seedFirst), verify.KindEpoch},
		"of an ended epoch, of the same size": {p.ledger.signedBy(t, packSize, origin, seedNext), verify.KindEpoch},
		"of a key that had been replaced":     {p.ledger.signedBy(t, 8, origin+"/2", seedFirst), verify.KindSignature},
		"of another history":                  {other.signedBy(t, 2, origin, seedFirst), verify.KindRoot},
	} {
		r := verifiedPack(t, data, verify.PackEvidence{Key: first, Older: [][]byte{c.older}})
		if r.OK() || r.Problems[0].Kind != c.want {
			t.Errorf("%s: %v", name, r.Problems)
		}
		secondOnPack(t, data, first, false, c.older)
	}
}

// A pack has one checkpoint, so a verifier that trusts the new key accepts no key from
// before it.
func TestPackOfAKeyMadeUpBefore(t *testing.T) {
	p := newPack(t)
	p.sign(t, origin, seedStranger)
	p.statements = []packFile{{"keys/00000000000000000011", statement(t, succession(seedStranger, seedNext), seedStranger)}}
	data := p.zipped(t)
	_, next := keyNamed(t, origin, seedNext)
	r := verifiedPack(t, data, verify.PackEvidence{Key: next})
	if r.OK() || !slices.ContainsFunc(r.Problems, func(p verify.Problem) bool { return p.Kind == verify.KindKey }) {
		t.Errorf("found %v", r.Problems)
	}
	secondOnPack(t, data, next, false)
}

// When the event that replaced the key is not among the rows, the report says that it is
// not checked.
func TestRotatedPackSaysWhatItDoesNotHold(t *testing.T) {
	p := rotatedPack(t, succession(seedFirst, seedNext))
	p.rows = slices.Delete(p.rows, 1, 3)
	_, first := keyNamed(t, origin, seedFirst)
	r := verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: first})
	if !r.Proves() || len(r.NotChecked) != 1 || !strings.Contains(r.NotChecked[0], "whether event 6 replaced the ledger's key") {
		t.Errorf("%v, not checked: %q", r.Problems, r.NotChecked)
	}
}

// secondOnPack runs the second verifier on the same.
func secondOnPack(t *testing.T, data []byte, key string, want bool, older ...[]byte) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	args := []string{"--pack", file("pack.zip", data), "--key", key}
	for i, signed := range older {
		args = append(args, "--checkpoint", file("older-"+itoa(i), signed))
	}
	if ok, answer := second(t, args...); ok != want {
		t.Errorf("the second verifier says %s", answer)
	}
}
