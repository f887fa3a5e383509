package verify_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// smallPack is what the frozen packs are made of: the export itself, a read, and the
// approval of its contract.
func smallPack(t testing.TB) *pack {
	t.Helper()
	p := newPack(t)
	p.rows = []verify.Row{p.ledger.rows[packExport], p.ledger.rows[2], p.ledger.rows[1], p.ledger.rows[packApproval]}
	p.since = []int64{4}
	return p
}

// packVectors are the frozen packs, by name. Those that do not begin with good must be
// refused.
func packVectors(t testing.TB) map[string][]byte {
	t.Helper()
	packs := map[string][]byte{}
	content := func(name string, change func(p *pack)) {
		p := smallPack(t)
		change(p)
		packs[name] = p.zipped(t)
	}
	edit := func(name, member, old, new string) {
		content(name, func(p *pack) {
			p.edit = changed(member, func(d []byte) []byte { return bytes.Replace(d, []byte(old), []byte(new), 1) })
		})
	}
	content("good", func(*pack) {})
	content("good-erased", func(p *pack) {
		p.rows = cloned(p.rows)
		for i := range p.rows {
			p.rows[i].Private = nil
		}
	})
	content("good-withheld", func(p *pack) {
		p.terms, p.withheld = nil, []map[string]any{{"contract": id("c", 1), "version": 1, "why": "not-readable"}}
	})
	content("event-edited", func(p *pack) {
		e, err := event.Parse(p.rows[1].Leaf)
		if err != nil {
			t.Fatal(err)
		}
		e.Actor = id("p", 77)
		p.rows[1] = withPrivate(t, e, map[string]string{"address": "192.0.2.7"})
	})
	content("event-repeated", func(p *pack) { p.rows = slices.Insert(p.rows, 1, p.rows[1]) })
	content("event-moved", func(p *pack) { p.rows[1], p.rows[2] = p.rows[2], p.rows[1] })
	content("terms-missing", func(p *pack) { p.terms = nil })
	content("terms-other", func(p *pack) { p.terms[id("c", 1)+"/1"] = "title: something else\n" })
	content("signature", func(p *pack) {
		other, _ := newKey(t, origin, "other")
		p.checkpoint = p.ledger.checkpoint(t, packSize, other)
	})
	content("proof-of-another", func(p *pack) {
		p.proof = func(seq int64) []byte { return proofOf(t, p.ledger, min(seq, 9), p.checkpoint) }
	})
	content("member-more", func(p *pack) { p.edit = adding("run.me", []byte("x")) })
	content("consistency", func(p *pack) { p.edit = adding("consistency/7", p.consistency(t, 6)) })
	edit("private-edited", "events.ndjson", "192.0.2.7", "192.0.2.8")
	edit("question-edited", "question.json", `\"Contract\":\"\"`, `\"Contract\":\"c\"`)
	edit("row-with-more", "events.ndjson", `{"leaf"`, `{"x":1,"leaf"`)
	edit("table-edited", "events.csv", "allow,allowed", "deny,allowed")
	edit("table-formula", "events.csv", "'=paris", "=paris")

	rotatedVectors(t, packs)
	files := smallPack(t).files(t)
	listed := func(name string, change func([]packFile) []packFile) {
		packs[name] = zipOf(t, change(slices.Clone(files)))
	}
	listed("digest", changed("HOW-TO-VERIFY.txt", func(d []byte) []byte { d[0]++; return d }))
	listed("member-missing", func(files []packFile) []packFile { return slices.Delete(files, 8, 9) })
	listed("member-twice", func(files []packFile) []packFile { return append(files, files[0]) })
	listed("name-leaves", func(files []packFile) []packFile { return append(files, packFile{"../key", []byte("x")}) })
	listed("name-backslash", func(files []packFile) []packFile { return append(files, packFile{`..\key`, []byte("x")}) })
	listed("manifest-form", manifestWith(`"pack": 1`, `"pack":1`))
	listed("manifest-twice", manifestWith(`"pack": 1`, "\"pack\": 1,\n \"pack\": 1"))

	good := packs["good"]
	raw := func(name string, change func(d []byte) []byte) { packs[name] = change(bytes.Clone(good)) }
	directory := int(binary.LittleEndian.Uint32(good[len(good)-6:]))
	raw("crc", func(d []byte) []byte { d[bytes.Index(d, []byte("With bordereau"))]++; return d })
	raw("cut", func(d []byte) []byte { return d[:len(d)-1] })
	raw("appended", func(d []byte) []byte { return append(d, "x"...) })
	raw("prepended", func(d []byte) []byte { return append([]byte("x"), d...) })
	raw("comment", func(d []byte) []byte { d[len(d)-2] = 1; return append(d, 'x') })
	raw("compressed", func(d []byte) []byte { d[directory+10] = 8; return d })
	raw("huge", func(d []byte) []byte {
		binary.LittleEndian.PutUint32(d[directory+20:], 1<<32-2)
		binary.LittleEndian.PutUint32(d[directory+24:], 1<<32-2)
		return d
	})
	raw("overlap", func(d []byte) []byte {
		second := directory + 46 + len("HOW-TO-VERIFY.txt")
		binary.LittleEndian.PutUint32(d[second+42:], 0)
		return d
	})
	raw("link", func(d []byte) []byte { binary.LittleEndian.PutUint32(d[directory+38:], 0o120777<<16); return d })
	return packs
}

func TestPackVectors(t *testing.T) {
	_, public := vectorKey(t)
	for name, data := range packVectors(t) {
		got := verifiedPack(t, data, verify.PackEvidence{Key: public})
		if good := strings.HasPrefix(name, "good"); got.Proves() != good {
			t.Errorf("%s: %v", name, got.Problems)
		}
	}
}

// The second verifier proves and refuses the same packs.
func TestSecondVerifierAgreesOnPacks(t *testing.T) {
	needs.Parallel(t)
	_, public := vectorKey(t)
	folder := filepath.Join(vectors, "packs")
	files, err := os.ReadDir(folder)
	if err != nil || len(files) < 30 {
		t.Fatalf("%d packs, %v", len(files), err)
	}
	for _, f := range files {
		ok, answer := second(t, "--pack", filepath.Join(folder, f.Name()), "--key", public)
		if good := strings.HasPrefix(f.Name(), "good"); ok != good {
			t.Errorf("%s: %s", f.Name(), answer)
		}
		if strings.Contains(answer, "Traceback") {
			t.Errorf("%s: %s", f.Name(), answer)
		}
	}
	python := needs.Program(t, "python3", "", "apt-get install python3")
	var unproven *exec.ExitError
	err = exec.CommandContext(t.Context(), python, "../../tools/verify-python/verify.py", "--pack", filepath.Join(folder, "good.zip")).Run()
	if !errors.As(err, &unproven) || unproven.ExitCode() != 3 {
		t.Errorf("with the key that came in it: %v", err)
	}
	l := packLedger(t)
	key, _ := vectorKey(t)
	other := ledgerOf(t, append([]verify.Row{packEvent(t, packApproval, "{}")}, l.rows[2:]...))
	good := filepath.Join(folder, "good.zip")
	for name, tt := range map[string]struct {
		checkpoint []byte
		ok         bool
	}{
		"of size 4, for which there is a proof": {l.checkpoint(t, 4, key), true},
		"of the same size":                      {l.checkpoint(t, packSize, key), true},
		"of size 3, for which there is none":    {l.checkpoint(t, 3, key), true},
		"of another history":                    {other.checkpoint(t, 4, key), false},
	} {
		file := filepath.Join(t.TempDir(), "checkpoint")
		if err := os.WriteFile(file, tt.checkpoint, 0o600); err != nil {
			t.Fatal(err)
		}
		if ok, answer := second(t, "--pack", good, "--key", public, "--checkpoint", file); ok != tt.ok {
			t.Errorf("%s: %s", name, answer)
		}
	}
}
