package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// The frozen vectors: a small ledger as it is published, with proofs. Other
// implementations are tested with them, so they change only with the format's version.
const vectors = "../testdata"

var update = flag.Bool("update", false, "write the vectors anew")

// vectorKey is the key of the vectors, of a seed of 32 times 7.
func vectorKey(t testing.TB) (note.Signer, string) {
	t.Helper()
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	public, err := note.NewEd25519VerifierKey(origin, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(public, "+")[1]
	signer, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + hash + "+" + base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

// newVectors makes the vectors from the leaves alone.
func newVectors(t testing.TB) fstest.MapFS {
	t.Helper()
	key, public := vectorKey(t)
	l := newLedger(t, 260)
	files := fstest.MapFS{"key": {Data: []byte(public + "\n")}}
	for name, file := range l.folder(t, key, 3, 256, 260) {
		files["published/"+client+"/"+name] = file
	}
	for _, seq := range []int64{0, 2, 127, 255, 256, 259} {
		hashes, err := tlog.ProveRecord(260, seq, l)
		if err != nil {
			t.Fatal(err)
		}
		p := proof.TLogProof{Index: uint64(seq), Checkpoint: l.checkpoint(t, 260, key)}
		for _, hash := range hashes {
			p.Hashes = append(p.Hashes, hash)
		}
		files[fmt.Sprintf("proofs/%d.proof", seq)] = &fstest.MapFile{Data: p.Marshal()}
		files[fmt.Sprintf("proofs/%d.leaf", seq)] = &fstest.MapFile{Data: l.rows[seq].Leaf}
	}
	for _, from := range []int64{3, 256} {
		hashes, err := tlog.ProveTree(260, from, l)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("old %d\n", from)
		for _, hash := range hashes {
			text += hash.String() + "\n"
		}
		files[fmt.Sprintf("proofs/from-%d.consistency", from)] = &fstest.MapFile{Data: append([]byte(text+"\n"), l.checkpoint(t, 260, key)...)}
	}
	for name, ending := range map[string]string{"good-told-late": toldLate, "told-late-twice": toldLateTwice} {
		l := endings()[ending].ledger(t)
		for file, data := range l.folder(t, key, len(l.rows)) {
			files["ends/"+name+"/"+client+"/"+file] = data
		}
	}
	maps.Copy(files, historyVectors(t))
	for name, data := range packVectors(t) {
		files["packs/"+name+".zip"] = &fstest.MapFile{Data: data}
	}
	return files
}

func TestVectorsAreFrozen(t *testing.T) {
	files := newVectors(t)
	if *update {
		if err := errors.Join(os.RemoveAll(vectors), os.CopyFS(vectors, files)); err != nil {
			t.Fatal(err)
		}
	}
	frozen := 0
	err := fs.WalkDir(os.DirFS(vectors), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		frozen++
		data, err := os.ReadFile(filepath.Join(vectors, path))
		if made := files[path]; err == nil && (made == nil || !bytes.Equal(made.Data, data)) {
			t.Errorf("%s is not what is made today", path)
		}
		return err
	})
	if err != nil || frozen != len(files) {
		t.Errorf("%d of %d vectors are there: %v", frozen, len(files), err)
	}
}

func TestVectorsAreProven(t *testing.T) {
	_, public := vectorKey(t)
	report, err := verify.Published(t.Context(), os.DirFS(filepath.Join(vectors, "published", client)), verify.Evidence{Ledger: client, Key: public})
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() || report.Proven != 260 || report.Older != 2 {
		t.Errorf("%s %v", report.Statement(), report.Problems)
	}
}

// The vectors of late ends: one end after unknown is good, and a second one is not.
func TestVectorsOfLateEnds(t *testing.T) {
	needs.Parallel(t)
	_, public := vectorKey(t)
	for name, good := range map[string]bool{"good-told-late": true, "told-late-twice": false} {
		folder := filepath.Join(vectors, "ends", name, client)
		report, err := verify.Published(t.Context(), os.DirFS(folder), verify.Evidence{Ledger: client, Key: public})
		if err != nil || report.OK() != good {
			t.Errorf("%s: %v %v", name, report, err)
		}
		if ok, answer := second(t, folder, "--key", public); ok != good {
			t.Errorf("%s: the second verifier says %s", name, answer)
		}
	}
}

// second runs the second verifier, which is in another language and was written from
// docs/ledger.md.
func second(t *testing.T, args ...string) (ok bool, answer string) {
	t.Helper()
	python := needs.Program(t, "python3", "", "apt-get install python3")
	output, err := exec.CommandContext(t.Context(), python, append([]string{"../../tools/verify-python/verify.py"}, args...)...).Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	var report struct{ OK bool }
	if jsonErr := json.Unmarshal(output, &report); jsonErr != nil || report.OK != (err == nil) {
		t.Fatalf("%v: %q, %v", args, output, err)
	}
	return report.OK, string(output)
}

func TestSecondVerifierAgreesOnVectors(t *testing.T) {
	needs.Parallel(t)
	_, public := vectorKey(t)
	folder := filepath.Join(vectors, "published", client)
	if ok, answer := second(t, folder, "--key", public); !ok || !strings.Contains(answer, `"events": 260`) {
		t.Error(answer)
	}
	seqs := []int{0, 2, 127, 255, 256, 259}
	for i, seq := range seqs {
		p, leaf := fmt.Sprintf("%s/proofs/%d.proof", vectors, seq), fmt.Sprintf("%s/proofs/%d.leaf", vectors, seq)
		if ok, answer := second(t, "--proof", p, "--leaf", leaf, "--key", public); !ok {
			t.Errorf("event %d: %s", seq, answer)
		}
		another := fmt.Sprintf("%s/proofs/%d.leaf", vectors, seqs[(i+1)%len(seqs)])
		if ok, answer := second(t, "--proof", p, "--leaf", another, "--key", public); ok {
			t.Errorf("another event for %d: %s", seq, answer)
		}
	}
	for _, from := range []int{3, 256} {
		p := fmt.Sprintf("%s/proofs/from-%d.consistency", vectors, from)
		if ok, answer := second(t, "--consistency", p, "--old", fmt.Sprintf("%s/checkpoints/%020d", folder, from), "--key", public); !ok {
			t.Errorf("from %d: %s", from, answer)
		}
		if ok, answer := second(t, "--consistency", p, "--old", fmt.Sprintf("%s/checkpoints/%020d", folder, 260), "--key", public); ok {
			t.Errorf("the wrong earlier checkpoint for %d: %s", from, answer)
		}
	}
}
