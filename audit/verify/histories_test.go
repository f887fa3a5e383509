package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// The keys of a ledger, by their seeds: the first is that of the vectors.
const (
	seedFirst, seedNext, seedStranger, seedHeir = 7, 8, 9, 10
)

func privateKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

// keyNamed is a key under a name, for signing and verifying.
func keyNamed(t testing.TB, name string, seed byte) (note.Signer, string) {
	t.Helper()
	private := privateKey(seed)
	public, err := note.NewEd25519VerifierKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(public, "+")[1]
	signer, err := note.NewSigner("PRIVATE+KEY+" + name + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...)))
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

// succession is the control event's text for a key that follows on another.
func succession(former, next byte) event.KeyChange {
	m := event.KeyChange{Former: privateKey(former).Public().(ed25519.PublicKey), Next: privateKey(next).Public().(ed25519.PublicKey)}
	m.Signature = ed25519.Sign(privateKey(former), []byte(m.Statement(origin)))
	return m
}

// plain is an ordinary event.
func plain(seq int) event.Event {
	e := draft(3*seq + 2)
	e.Seq, e.Time, e.Occurred = int64(seq), at(seq), at(seq)
	return e
}

// A past is a ledger's epoch and key history. The zero value has no control events.
type past struct {
	epochAt, epochSize int
	former             int64
	root               *tlog.Hash // instead of the true one
	rekeyAt            int
	mark               event.KeyChange
	again              event.KeyChange // of event 17; none without keys
}

// usualPast: epoch 1 ends after 10 events, and event 15 replaces the key.
func usualPast() past {
	return past{epochAt: 10, epochSize: 10, former: 1, rekeyAt: 15, mark: succession(seedFirst, seedNext)}
}

// ledger has 20 events.
func (p past) ledger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{}
	for seq := range 20 {
		e := plain(seq)
		switch {
		case seq == p.epochAt && seq > 0:
			root, err := tlog.TreeHash(int64(p.epochSize), l)
			if err != nil {
				t.Fatal(err)
			}
			if p.root != nil {
				root = *p.root
			}
			e.Action, e.Reason = event.ActionEpoch, "rollback"
			e.Subject = event.EpochChange{Epoch: p.former + 1, Former: p.former, Size: int64(p.epochSize), Root: root}.String()
		case seq == p.rekeyAt && seq > 0:
			e.Action, e.Reason, e.Subject = event.ActionRekey, "", p.mark.String()
		case seq == 17 && p.again.Next != nil:
			e.Action, e.Reason, e.Subject = event.ActionRekey, "", p.again.String()
		}
		l.append(t, bare(t, e))
	}
	return l
}

// signedBy is a checkpoint in an epoch, with several signatures.
func (l *ledger) signedBy(t testing.TB, size int, name string, seeds ...byte) []byte {
	t.Helper()
	root, err := tlog.TreeHash(int64(size), l)
	if err != nil {
		t.Fatal(err)
	}
	var signers []note.Signer
	for _, seed := range seeds {
		signer, _ := keyNamed(t, name, seed)
		signers = append(signers, signer)
	}
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", name, size, root)}, signers...)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// statement is a key's succession as it is published.
func statement(t testing.TB, m event.KeyChange, seed byte) []byte {
	t.Helper()
	signer, _ := keyNamed(t, origin, seed)
	return signedText(t, m.Statement(origin), signer)
}

const statementAt15 = "2/keys/00000000000000000015"

// publishedPast is the ledger as it is published: epoch 1 up to 10, epoch 2 up to 20,
// with the old key, both and the new one.
func (l *ledger) publishedPast(t testing.TB) fstest.MapFS {
	t.Helper()
	first, _ := keyNamed(t, origin, seedFirst)
	second, _ := keyNamed(t, origin+"/2", seedFirst)
	files := l.folder(t, first, 4, 10)
	for name, file := range l.folder(t, second, 13, 18, 20) {
		files["2/"+name] = file
	}
	put := func(name string, data []byte) { files[name] = &fstest.MapFile{Data: data} }
	put("2/checkpoints/00000000000000000018", l.signedBy(t, 18, origin+"/2", seedFirst, seedNext))
	put("2/checkpoints/00000000000000000020", l.signedBy(t, 20, origin+"/2", seedNext))
	put("2/checkpoint", l.signedBy(t, 20, origin+"/2", seedNext))
	put(statementAt15, statement(t, succession(seedFirst, seedNext), seedFirst))
	return files
}

func historyVerified(t testing.TB, files fstest.MapFS, key string, older ...[]byte) *verify.Report {
	t.Helper()
	report, err := verify.Published(t.Context(), files, verify.Evidence{Ledger: client, Key: key, Older: older})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// keysOfPast are all keys of the past, under each name.
func keysOfPast(t testing.TB) map[string]string {
	t.Helper()
	keys := map[string]string{}
	for name, seed := range map[string]byte{"the first key": seedFirst, "the next key": seedNext} {
		_, keys[name] = keyNamed(t, origin, seed)
		_, keys[name+" in epoch 2"] = keyNamed(t, origin+"/2", seed)
	}
	return keys
}

// TestKeyHistory: with any trusted key, under any of the names, the whole ledger is
// proven.
func TestKeyHistory(t *testing.T) {
	l := usualPast().ledger(t)
	files := l.publishedPast(t)
	for name, key := range keysOfPast(t) {
		older := [][]byte{l.signedBy(t, 7, origin, seedFirst), l.signedBy(t, 10, origin+"/2", seedNext)}
		report := historyVerified(t, files, key, older...)
		if !report.OK() || report.Proven != 20 || report.Older != 4 || !slices.Equal(report.Epochs, []verify.Epoch{{Epoch: 2, Begins: 10}}) {
			t.Errorf("%s: %s %v", name, report.Statement(), report.Problems)
		}
		if !strings.Contains(report.Statement(), "from event 10 on it is in epoch 2") || !strings.Contains(strings.Join(report.NotChecked, " "), "a restore has lost them") {
			t.Errorf("%s: it says %s, and not %v", name, report.Statement(), report.NotChecked)
		}
	}
}

// TestKeyHistoryOfACopy: a copy is proven in the same way, with statements from any
// source.
func TestKeyHistoryOfACopy(t *testing.T) {
	l := usualPast().ledger(t)
	_, key := keyNamed(t, origin, seedFirst)
	against := verify.Evidence{Ledger: client, Key: key, Checkpoint: l.signedBy(t, 20, origin+"/2", seedNext), Older: [][]byte{l.signedBy(t, 10, origin, seedFirst)},
		Statements: []verify.Statement{{Seq: 15, Note: statement(t, succession(seedFirst, seedNext), seedFirst)}}}
	if report := verified(t, l.rows, against); !report.OK() || report.Proven != 20 || report.Older != 1 {
		t.Errorf("%s %v", report.Statement(), report.Problems)
	}
	against.Statements = nil
	if report := verified(t, l.rows, against); report.OK() || report.Proven != 10 {
		t.Errorf("without the statement: %s", report.Statement())
	}
}

// TestForgedPredecessorInACopy: without the predecessor's published folder, the events
// before it show the forgery.
func TestForgedPredecessorInACopy(t *testing.T) {
	_, key := keyNamed(t, origin, seedFirst)
	for detail, forge := range map[string]func(p *past){
		"epoch 2 names another end of epoch 1 than the events before it have":      func(p *past) { p.root = &tlog.Hash{1} },
		"epoch 2 names another end of epoch 1 than the events before it have, too": func(p *past) { p.epochSize = 9 },
		"epoch 3 begins after epoch 2, and the ledger was in epoch 1":              func(p *past) { p.former = 2 },
	} {
		p := usualPast()
		p.rekeyAt = 0
		forge(&p)
		l := p.ledger(t)
		report := verified(t, l.rows, verify.Evidence{Ledger: client, Key: key, Checkpoint: l.signedBy(t, 20, origin+"/2", seedFirst)})
		want := verify.Problem{Kind: verify.KindEpoch, Seq: 10, Detail: strings.TrimSuffix(detail, ", too")}
		if !slices.Contains(report.Problems, want) {
			t.Errorf("%s: found %v", detail, report.Problems)
		}
	}
}

// TestTamperedKeyHistory changes one thing each. Both verifiers find it, and ours names
// it.
func TestTamperedKeyHistory(t *testing.T) {
	needs.Parallel(t)
	_, first := keyNamed(t, origin, seedFirst)
	_, next := keyNamed(t, origin, seedNext)
	_, stranger := keyNamed(t, origin, seedStranger)
	good := usualPast().ledger(t)
	put := func(files fstest.MapFS, name string, data []byte) { files[name] = &fstest.MapFile{Data: data} }
	for name, c := range map[string]struct {
		past   func(p *past)
		tamper func(t *testing.T, l *ledger, files fstest.MapFS)
		key    string
		older  [][]byte
		want   verify.Kind
	}{
		"predecessor with another root": {past: func(p *past) { p.root = &tlog.Hash{1} }, want: verify.KindEpoch},
		"predecessor of another size":   {past: func(p *past) { p.epochSize = 9 }, want: verify.KindEpoch},
		"predecessor of another epoch":  {past: func(p *past) { p.former = 2 }, want: verify.KindEpoch},
		"no epoch begins":               {past: func(p *past) { p.epochAt = 0 }, want: verify.KindEpoch},
		"predecessor missing": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) {
			maps.DeleteFunc(files, func(name string, _ *fstest.MapFile) bool { return !strings.HasPrefix(name, "2/") })
		}, want: verify.KindEpoch},
		"predecessor truncated": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) {
			delete(files, "checkpoints/00000000000000000010")
			files["checkpoint"] = files["checkpoints/00000000000000000004"]
		}, want: verify.KindEpoch},
		"predecessor goes on": {tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			signer, _ := keyNamed(t, origin, seedFirst)
			maps.Copy(files, l.folder(t, signer, 10, 12))
		}, want: verify.KindEpoch},
		"predecessor with another history": {tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			rows := cloned(l.rows[:10])
			e := plain(5)
			e.Reason = "rewritten"
			rows[5] = bare(t, e)
			signer, _ := keyNamed(t, origin, seedFirst)
			maps.Copy(files, ledgerOf(t, rows).folder(t, signer, 4, 10))
		}, want: verify.KindEpoch},
		"predecessor's event edited": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) {
			put(files, "tile/entries/000.p/10", bytes.Replace(files["tile/entries/000.p/10"].Data, []byte("allowed"), []byte("refused"), 1))
		}, want: verify.KindRoot},
		"event of the new epoch edited": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) {
			put(files, "2/tile/entries/000.p/20", bytes.Replace(files["2/tile/entries/000.p/20"].Data, []byte("allowed"), []byte("refused"), 1))
		}, want: verify.KindRoot},
		"new epoch missing": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) {
			maps.DeleteFunc(files, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, "2/") })
		}, older: [][]byte{good.signedBy(t, 13, origin+"/2", seedFirst)}, want: verify.KindTruncated},
		"lost events":                 {older: [][]byte{good.signedBy(t, 12, origin, seedFirst)}, want: verify.KindEpoch},
		"checkpoint of a later epoch": {older: [][]byte{good.signedBy(t, 12, origin+"/3", seedFirst)}, want: verify.KindEpoch},
		"checkpoint in another's place": {tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			put(files, "2/checkpoints/00000000000000000013", l.signedBy(t, 10, origin, seedFirst))
		}, want: verify.KindOrigin},

		"no statement": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) { delete(files, statementAt15) }, want: verify.KindKey},
		"statement of a stranger": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) {
			put(files, statementAt15, statement(t, succession(seedFirst, seedNext), seedStranger))
		}, want: verify.KindKey},
		"statement of another event": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) {
			put(files, "2/keys/00000000000000000014", files[statementAt15].Data)
			delete(files, statementAt15)
		}, want: verify.KindKey},
		"statement of another key": {tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			put(files, statementAt15, statement(t, succession(seedFirst, seedStranger), seedFirst))
			put(files, "2/checkpoints/00000000000000000020", l.signedBy(t, 20, origin+"/2", seedStranger))
			put(files, "2/checkpoint", l.signedBy(t, 20, origin+"/2", seedStranger))
		}, want: verify.KindKey},
		"the key comes back": {past: func(p *past) { p.again = succession(seedNext, seedFirst) }, tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			put(files, "2/keys/00000000000000000017", statement(t, succession(seedNext, seedFirst), seedNext))
			put(files, "2/checkpoints/00000000000000000020", l.signedBy(t, 20, origin+"/2", seedFirst))
			put(files, "2/checkpoint", l.signedBy(t, 20, origin+"/2", seedFirst))
		}, want: verify.KindKey},
		// The statement is signed, but with a key that the ledger never had.
		"a key that follows on another": {past: func(p *past) { p.again = succession(seedStranger, seedHeir) }, tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			put(files, "2/keys/00000000000000000017", statement(t, succession(seedStranger, seedHeir), seedStranger))
			put(files, "2/checkpoints/00000000000000000020", l.signedBy(t, 20, origin+"/2", seedHeir))
			put(files, "2/checkpoint", l.signedBy(t, 20, origin+"/2", seedHeir))
		}, want: verify.KindKey},
		"event without its statement": {tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			delete(files, statementAt15)
			put(files, "2/checkpoints/00000000000000000020", l.signedBy(t, 20, origin+"/2", seedFirst))
			put(files, "2/checkpoint", l.signedBy(t, 20, origin+"/2", seedFirst))
		}, want: verify.KindKey},
		"statement without its event": {past: func(p *past) { p.rekeyAt = 0 }, want: verify.KindKey},
		// A forger without any key adds a key of his own as a successor, in the events
		// and in the statement.
		"the heir signs for himself": {past: func(p *past) { p.mark = heirs() }, tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			put(files, statementAt15, heirsStatement(t))
			put(files, "2/checkpoints/00000000000000000018", l.signedBy(t, 18, origin+"/2", seedStranger))
			put(files, "2/checkpoints/00000000000000000020", l.signedBy(t, 20, origin+"/2", seedStranger))
			put(files, "2/checkpoint", l.signedBy(t, 20, origin+"/2", seedStranger))
		}, want: verify.KindKey},
		"no statement at all": {tamper: func(t *testing.T, _ *ledger, files fstest.MapFS) { put(files, statementAt15, []byte("key\n")) }, want: verify.KindKey},
		"another signature in the event": {past: func(p *past) {
			p.mark.Signature = ed25519.Sign(privateKey(seedStranger), []byte(p.mark.Statement(origin)))
		}, want: verify.KindKey},
		"the old key signs on": {tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			put(files, "2/checkpoint", l.signedBy(t, 20, origin+"/2", seedFirst))
		}, want: verify.KindSignature},
		"the old key signed alone": {older: [][]byte{good.signedBy(t, 17, origin+"/2", seedFirst)}, want: verify.KindSignature},
		"key of a stranger":        {key: stranger, want: verify.KindKey},
		// A forger without any key makes up a history, and a key before the trusted one.
		"a stranger's key before": {past: func(p *past) { *p = past{} }, key: next, tamper: func(t *testing.T, l *ledger, files fstest.MapFS) {
			clear(files)
			signer, _ := keyNamed(t, origin, seedStranger)
			maps.Copy(files, l.folder(t, signer, 20))
			put(files, "keys/00000000000000000020", statement(t, succession(seedStranger, seedNext), seedStranger))
		}, want: verify.KindKey},
	} {
		t.Run(name, func(t *testing.T) {
			p := usualPast()
			if c.past != nil {
				c.past(&p)
			}
			l := p.ledger(t)
			files := l.publishedPast(t)
			if c.tamper != nil {
				c.tamper(t, l, files)
			}
			if c.key == "" {
				c.key = first
			}
			report := historyVerified(t, files, c.key, c.older...)
			if report.OK() {
				t.Fatalf("nothing was found: %s", report.Statement())
			}
			if !slices.ContainsFunc(report.Problems, func(p verify.Problem) bool { return p.Kind == c.want }) {
				t.Errorf("found %v, not a problem of the kind %s", report.Problems, c.want)
			}
			secondFindsHistory(t, files, c.key, c.older)
		})
	}
}

// heirs is a key succession that the former key did not sign.
func heirs() event.KeyChange {
	m := succession(seedFirst, seedStranger)
	m.Signature = ed25519.Sign(privateKey(seedStranger), []byte(m.Statement(origin)))
	return m
}

// asIf signs with another key than it says.
type asIf struct {
	note.Signer
	key ed25519.PrivateKey
}

func (a asIf) Sign(text []byte) ([]byte, error) { return ed25519.Sign(a.key, text), nil }

func heirsStatement(t testing.TB) []byte {
	t.Helper()
	former, _ := keyNamed(t, origin, seedFirst)
	return signedText(t, heirs().Statement(origin), asIf{former, privateKey(seedStranger)})
}

// secondFindsHistory runs the second verifier on the same.
func secondFindsHistory(t *testing.T, files fstest.MapFS, key string, older [][]byte) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	args := []string{dir, "--key", key}
	for i, signed := range older {
		name := fmt.Sprintf("%s-older-%d", dir, i)
		if err := os.WriteFile(name, signed, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--checkpoint", name)
	}
	if ok, answer := second(t, args...); ok {
		t.Errorf("the second verifier found nothing: %s", answer)
	}
}

// FuzzStatement takes any bytes as a statement: only a statement with a good signature is
// followed.
func FuzzStatement(f *testing.F) {
	files := usualPast().ledger(f).publishedPast(f)
	_, first := keyNamed(f, origin, seedFirst)
	good := files[statementAt15].Data
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{})
	f.Add(statement(f, succession(seedFirst, seedStranger), seedFirst))
	f.Add(statement(f, succession(seedStranger, seedNext), seedStranger))
	text, _, _ := bytes.Cut(good, []byte("\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tampered := maps.Clone(files)
		tampered[statementAt15] = &fstest.MapFile{Data: data}
		said, _, _ := bytes.Cut(data, []byte("\n\n"))
		if report := historyVerified(t, tampered, first); report.OK() && !bytes.Equal(said, text) || bytes.Equal(data, good) && !report.OK() {
			t.Errorf("OK is %v for %q", report.OK(), data)
		}
	})
}

// historyVectors is a ledger with a second epoch and a second key, frozen like the
// others.
func historyVectors(t testing.TB) fstest.MapFS {
	t.Helper()
	l := usualPast().ledger(t)
	files := fstest.MapFS{}
	for name, file := range l.publishedPast(t) {
		files["history/"+client+"/"+name] = file
	}
	_, first := keyNamed(t, origin, seedFirst)
	_, next := keyNamed(t, origin+"/2", seedNext)
	files["history/key"] = &fstest.MapFile{Data: []byte(first + "\n")}
	files["history/key-2"] = &fstest.MapFile{Data: []byte(next + "\n")}
	for name, signed := range map[string][]byte{"lost": l.signedBy(t, 12, origin, seedFirst), "old-key": l.signedBy(t, 17, origin+"/2", seedFirst),
		"kept": l.signedBy(t, 7, origin, seedFirst)} {
		files["history/"+name+".checkpoint"] = &fstest.MapFile{Data: signed}
	}
	return files
}

// TestSecondVerifierAgreesOnKeyHistory: on the frozen vectors, with every key, and on
// what must not pass.
func TestSecondVerifierAgreesOnKeyHistory(t *testing.T) {
	needs.Parallel(t)
	folder := filepath.Join(vectors, "history", client)
	for name, key := range keysOfPast(t) {
		for checkpoint, good := range map[string]bool{"kept": true, "lost": false, "old-key": false} {
			signed, err := os.ReadFile(filepath.Join(vectors, "history", checkpoint+".checkpoint"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := verify.Published(t.Context(), os.DirFS(folder), verify.Evidence{Ledger: client, Key: key, Older: [][]byte{signed}})
			if err != nil || report.OK() != good {
				t.Errorf("%s, %s: %v %v", name, checkpoint, report, err)
			}
			ok, answer := second(t, folder, "--key", key, "--checkpoint", filepath.Join(vectors, "history", checkpoint+".checkpoint"))
			if ok != good || good && !strings.Contains(answer, `"epochs": [[2, 10]]`) {
				t.Errorf("%s, %s: the second verifier says %s", name, checkpoint, answer)
			}
		}
	}
}

// TestSecondVerifierProvesUnderANewKey: a verifier that trusts the old key accepts a
// proof under a checkpoint of the new key, and none under a forged earlier key.
func TestSecondVerifierProvesUnderANewKey(t *testing.T) {
	needs.Parallel(t)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, data, 0o600)); err != nil {
			t.Fatal(err)
		}
		return name
	}
	l := usualPast().ledger(t)
	prove := func(name string, checkpoint []byte) string {
		hashes, err := tlog.ProveRecord(20, 3, l)
		if err != nil {
			t.Fatal(err)
		}
		p := proof.TLogProof{Index: 3, Checkpoint: checkpoint}
		for _, hash := range hashes {
			p.Hashes = append(p.Hashes, hash)
		}
		return write(name, p.Marshal())
	}
	leaf := write("leaf", l.rows[3].Leaf)
	good := prove("good.proof", l.signedBy(t, 20, origin+"/2", seedNext))
	forged := prove("forged.proof", l.signedBy(t, 20, origin, seedStranger))
	_, first := keyNamed(t, origin, seedFirst)
	_, next := keyNamed(t, origin, seedNext)
	statements := filepath.Dir(write("keys/00000000000000000015", statement(t, succession(seedFirst, seedNext), seedFirst)))
	made := filepath.Dir(write("made/00000000000000000020", statement(t, succession(seedStranger, seedNext), seedStranger)))
	for _, c := range []struct {
		proof, key, statements string
		good                   bool
	}{{good, first, statements, true}, {good, next, statements, true}, {forged, next, made, false}, {forged, first, statements, false}} {
		if ok, answer := second(t, "--proof", c.proof, "--leaf", leaf, "--key", c.key, "--statements", c.statements); ok != c.good {
			t.Errorf("%+v: %s", c, answer)
		}
	}
	if ok, _ := second(t, "--proof", good, "--leaf", leaf, "--key", first); ok {
		t.Error("the new key was followed without a statement")
	}
}
