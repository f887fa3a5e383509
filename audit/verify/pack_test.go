package verify_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
)

func TestPack(t *testing.T) {
	p := newPack(t)
	p.since = []int64{5}
	older := [][]byte{p.ledger.checkpoint(t, 5, p.key), p.ledger.checkpoint(t, packSize, p.key), p.ledger.checkpoint(t, 0, p.key)}
	got := verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: p.vkey, Older: older})
	want := &verify.PackReport{Ledger: client, KeyFrom: verify.KeyGiven, Checkpoint: packSize, Root: got.Root, Note: p.checkpoint, Events: packSize,
		Proven: packSize, Opened: packSize + 1, Contracts: 1, Older: 3, Problems: []verify.Problem{}, NotChecked: []string{},
		NotProven: got.NotProven, Asked: &verify.Asked{Event: id("e", packExport), Seq: packExport, At: at(packExport), By: id("p", 4),
			Role: "compliance-officer", Question: packQuestion}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.Proves() || !strings.HasPrefix(got.Statement(), "OK.") || !strings.Contains(got.Statement(), "not that none is missing") {
		t.Error(got.Statement())
	}
}

// A key that came in the pack proves nothing, and the report says so before anything
// else.
func TestPackWithItsOwnKey(t *testing.T) {
	got := verifiedPack(t, newPack(t).zipped(t), verify.PackEvidence{})
	if !got.OK() || got.Proves() || got.KeyFrom != verify.KeyInPack {
		t.Errorf("%+v", got)
	}
	if s := got.Statement(); !strings.HasPrefix(s, "NOT PROVEN.") || !strings.Contains(s, "the maker of the pack may have made the key") {
		t.Error(s)
	}
}

// The report names the missing parts of a pack, and they are no problem.
func TestWhatAPackDoesNotHold(t *testing.T) {
	p := newPack(t)
	p.rows = p.rows[2:4]
	for i := range p.rows {
		p.rows[i].Private = nil
	}
	older := [][]byte{p.ledger.checkpoint(t, 4, p.key)}
	got := verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: p.vkey, Older: older})
	if !got.Proves() || got.Events != 2 || got.Erased != 2 || got.Older != 0 {
		t.Errorf("%+v", got)
	}
	for i, want := range []string{"no event in the pack holds the digest", "no proof from there"} {
		if len(got.NotChecked) != 2 || !strings.Contains(got.NotChecked[i], want) {
			t.Errorf("not checked: %q", got.NotChecked)
		}
	}
	p = newPack(t)
	p.terms, p.withheld = nil, []map[string]any{{"contract": id("c", 1), "version": 1, "why": "not-readable"}}
	got = verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: p.vkey})
	if !got.Proves() || got.Contracts != 0 || len(got.NotChecked) != 1 || !strings.Contains(got.NotChecked[0], "not-readable") {
		t.Errorf("%+v", got)
	}
}

// A changed pack whose manifest fits: each change is found and named.
func TestTamperedPacks(t *testing.T) {
	replace := func(name string, change func([]byte) []byte) func(t *testing.T, p *pack) {
		return func(t *testing.T, p *pack) {
			p.edit = func(files []packFile) []packFile {
				f := file(t, files, name)
				if f.data = change(bytes.Clone(f.data)); f.data == nil {
					files = slices.DeleteFunc(files, func(f packFile) bool { return f.name == name })
				}
				return files
			}
		}
	}
	sub := func(old, new string) func([]byte) []byte {
		return func(data []byte) []byte { return bytes.Replace(data, []byte(old), []byte(new), 1) }
	}
	gone := func([]byte) []byte { return nil }
	row := func(n int, change func(t *testing.T, r *verify.Row)) func(t *testing.T, p *pack) {
		return func(t *testing.T, p *pack) {
			p.rows = cloned(p.rows)
			change(t, &p.rows[n])
		}
	}
	for _, tt := range []struct {
		name   string
		tamper func(t *testing.T, p *pack)
		want   []finding
	}{
		{"edit an event", row(4, func(t *testing.T, r *verify.Row) {
			*r = packEventWith(t, 6, func(e *event.Event) { e.Actor = id("p", 77) })
		}), []finding{{verify.KindProof, 6}}},
		{"edit a leaf by hand", row(4, func(t *testing.T, r *verify.Row) {
			r.Leaf = bytes.Replace(r.Leaf, []byte(`"v":1`), []byte(`"v": 1`), 1)
		}), []finding{{verify.KindLeaf, verify.NoSeq}, {verify.KindProof, verify.NoSeq}}},
		{"edit erasable data", row(4, func(t *testing.T, r *verify.Row) {
			r.Private.Clear = strings.Replace(r.Private.Clear, "192.0.2.7", "192.0.2.8", 1)
		}), []finding{{verify.KindPrivate, 6}}},
		{"repeat an event", func(t *testing.T, p *pack) { p.rows = slices.Insert(p.rows, 4, p.rows[4]) },
			[]finding{{verify.KindOrder, 6}, {verify.KindProof, verify.NoSeq}}},
		{"exchange two events", func(t *testing.T, p *pack) { p.rows[4], p.rows[5] = p.rows[5], p.rows[4] },
			[]finding{{verify.KindOrder, 6}}},
		{"date an event forward", row(4, func(t *testing.T, r *verify.Row) {
			*r = packEventWith(t, 6, func(e *event.Event) { e.Time = at(9) })
		}), []finding{{verify.KindTime, 6}, {verify.KindProof, 6}}},
		{"another event for the export's", row(0, func(t *testing.T, r *verify.Row) {
			*r = packEventWith(t, packExport, func(e *event.Event) { e.Actor = id("p", 77) })
		}), []finding{{verify.KindProof, packExport}}},
		{"take an event from another ledger", row(4, func(t *testing.T, r *verify.Row) {
			*r = packEventWith(t, 6, func(e *event.Event) { e.Ledger = event.Operator })
		}), []finding{{verify.KindLedger, 6}, {verify.KindProof, 6}}},
		{"a table that tells otherwise", replace("events.csv", sub("allow,allowed", "deny,allowed")), []finding{{verify.KindTable, packExport}}},
		{"a table with a formula", replace("events.csv", sub("'=paris", "=paris")), []finding{{verify.KindTable, packExport}}},
		{"a table that goes on", replace("events.csv", func(d []byte) []byte { return append(d, "x\n"...) }),
			[]finding{{verify.KindTable, verify.NoSeq}}},
		{"a table with other columns", replace("events.csv", sub("ledger,seq", "seq,ledger")), []finding{{verify.KindTable, verify.NoSeq}}},
		{"a line that is none", replace("events.ndjson", func(d []byte) []byte { return append([]byte("{}\n"), d...) }),
			[]finding{{verify.KindLeaf, verify.NoSeq}}},
		{"a line with something beside", replace("events.ndjson", sub(`{"leaf"`, `{"Leaf":1,"leaf"`)), []finding{{verify.KindLeaf, verify.NoSeq}}},
		{"a line that does not end", replace("events.ndjson", func(d []byte) []byte { return d[:len(d)-1] }),
			[]finding{{verify.KindLeaf, verify.NoSeq}, {verify.KindProof, verify.NoSeq}}},
		{"leave a proof out", replace("proofs/6", gone), []finding{{verify.KindProof, 6}, {verify.KindProof, verify.NoSeq}}},
		{"a proof of another event", func(t *testing.T, p *pack) {
			p.proof = func(seq int64) []byte {
				if seq == 6 {
					seq = 5
				}
				return proofOf(t, p.ledger, seq, p.checkpoint)
			}
		}, []finding{{verify.KindProof, 6}}},
		{"a proof too many", func(t *testing.T, p *pack) {
			p.rows = slices.Delete(p.rows, 4, 5)
			p.edit = adding("proofs/6", p.proof(6))
		},
			[]finding{{verify.KindProof, verify.NoSeq}}},
		{"a proof that names another event", replace("proofs/6", sub("index 6", "index 5")), []finding{{verify.KindProof, 6}}},
		{"a proof that is none", replace("proofs/6", sub("index 6", "index 06")), []finding{{verify.KindProof, 6}}},
		{"proofs to another checkpoint", func(t *testing.T, p *pack) {
			other := bytes.Clone(p.ledger.checkpoint(t, packSize, p.key))
			p.checkpoint = signedText(t, string(other[:bytes.Index(other, []byte("\n\n"))])+"\nextension\n", p.key)
			p.proof = func(seq int64) []byte { return proofOf(t, p.ledger, seq, other) }
			p.rows, p.terms = p.rows[:1], nil
		}, []finding{{verify.KindProof, packExport}, {verify.KindProof, packExport}}},
		{"a checkpoint by another key", func(t *testing.T, p *pack) {
			other, _ := newKey(t, origin, "other")
			p.checkpoint, p.rows, p.terms = p.ledger.checkpoint(t, packSize, other), p.rows[:1], nil
		}, []finding{{verify.KindSignature, verify.NoSeq}, {verify.KindProof, packExport}, {verify.KindProof, packExport}}},
		{"another key in the pack", func(t *testing.T, p *pack) { _, p.vkey = newKey(t, origin, "other") },
			[]finding{{verify.KindSignature, verify.NoSeq}}},
		{"the question of another export", func(t *testing.T, p *pack) { p.export = 4 }, []finding{{verify.KindQuestion, verify.NoSeq}}},
		{"a question that was not asked", replace("question.json", sub(`\"Contract\":\"\"`, `\"Contract\":\"`+id("c", 2)+`\"`)),
			[]finding{{verify.KindPrivate, packExport}}},
		{"leave terms out", func(t *testing.T, p *pack) { p.terms = nil }, []finding{{verify.KindTerms, verify.NoSeq}}},
		{"terms that were not approved", func(t *testing.T, p *pack) { p.terms[id("c", 1)+"/1"] += "x: 1\n" },
			[]finding{{verify.KindTerms, packApproval}}},
		{"terms that no row names", func(t *testing.T, p *pack) { p.terms[id("c", 1)+"/2"] = "x: 1\n" }, []finding{{verify.KindTerms, verify.NoSeq}}},
		{"withheld, and yet there", func(t *testing.T, p *pack) {
			p.withheld = []map[string]any{{"contract": id("c", 1), "version": 1, "why": "not-readable"}}
		}, []finding{{verify.KindTerms, verify.NoSeq}, {verify.KindTerms, verify.NoSeq}}},
		{"a member that packs do not have", func(t *testing.T, p *pack) {
			p.edit = adding("run.me", []byte("x"))
		}, []finding{{verify.KindManifest, verify.NoSeq}}},
		{"no table", replace("events.csv", gone), []finding{{verify.KindManifest, verify.NoSeq}}},
		{"a consistency proof of something else", func(t *testing.T, p *pack) {
			p.edit = adding("consistency/7", p.consistency(t, 6))
		}, []finding{{verify.KindProof, verify.NoSeq}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPack(t)
			_, vkey := vectorKey(t)
			tt.tamper(t, p)
			got := verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: vkey})
			if got.OK() || got.Proves() || !strings.HasPrefix(got.Statement(), "NOT OK.") {
				t.Error("OK")
			}
			found := packFindings(got)
			if tt.name == "a line that is none" { // every line of the table is then beside another event
				found = found[:1]
			}
			if diff := cmp.Diff(tt.want, found); diff != "" {
				t.Errorf("%s\n%v", diff, got.Problems)
			}
		})
	}
}

func adding(name string, data []byte) func([]packFile) []packFile {
	return func(files []packFile) []packFile { return append(files, packFile{name, data}) }
}

func packFindings(r *verify.PackReport) []finding {
	var found []finding
	for _, p := range r.Problems {
		found = append(found, finding{p.Kind, p.Seq})
	}
	return found
}

// packEventWith is a changed event of the packs' ledger, in its one form.
func packEventWith(t *testing.T, seq int, change func(*event.Event)) verify.Row {
	t.Helper()
	e, err := event.Parse(packEvent(t, seq, packQuestion).Leaf)
	if err != nil {
		t.Fatal(err)
	}
	change(&e)
	return withPrivate(t, e, map[string]string{"address": "192.0.2.7"})
}

// A pack whose rows do not answer its question: the question is in the ledger, so the
// maker cannot change it.
func TestPackAnswersItsQuestion(t *testing.T) {
	for name, question := range map[string]string{
		"":          `{"Contract":"` + id("c", 1) + `","Kind":"","From":"` + at(1).Format(time.RFC3339Nano) + `"}`,
		"document":  `{"Document":"` + id("d", 77) + `"}`,
		"outcome":   `{"Outcome":"deny"}`,
		"time":      `{"To":"` + at(1).Format(time.RFC3339Nano) + `"}`,
		"unread":    `nonsense`,
		"not whole": `{"Question":"denials"}`,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPack(t)
			p.ledger = &ledger{}
			for seq := range packSize {
				p.ledger.append(t, packEvent(t, seq, question))
			}
			p.checkpoint = p.ledger.checkpoint(t, packSize, p.key)
			p.proof = func(seq int64) []byte { return proofOf(t, p.ledger, seq, p.checkpoint) }
			p.rows = []verify.Row{p.ledger.rows[5], p.ledger.rows[4]}
			got := verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: p.vkey})
			switch name {
			case "":
				if !got.Proves() {
					t.Error(got.Problems)
				}
			case "not whole":
				if !got.Proves() || !strings.Contains(strings.Join(got.NotChecked, "\n"), `answer the question "denials"`) {
					t.Errorf("%v %v", got.Problems, got.NotChecked)
				}
			case "unread":
				if diff := cmp.Diff([]finding{{verify.KindQuestion, packExport}}, packFindings(got)); diff != "" {
					t.Error(diff)
				}
			default:
				if diff := cmp.Diff([]finding{{verify.KindQuestion, 5}, {verify.KindQuestion, 4}}, packFindings(got)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// A pack for a provider's compliance holds only events of its own people.
func TestPackOfAProvidersCompliance(t *testing.T) {
	p := newPack(t)
	export := packEventWith(t, packExport, func(e *event.Event) { e.Role, e.Organisation = "provider-compliance", id("o", 2) })
	p.ledger = ledgerOf(t, append(cloned(p.ledger.rows[:packExport]), export))
	p.checkpoint = p.ledger.checkpoint(t, packSize, p.key)
	p.proof = func(seq int64) []byte { return proofOf(t, p.ledger, seq, p.checkpoint) }
	p.rows = []verify.Row{export, p.ledger.rows[4], p.ledger.rows[packApproval]}
	got := verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: p.vkey})
	want := []finding{{verify.KindQuestion, packExport}, {verify.KindQuestion, packApproval}} // its question is unreadable here
	if diff := cmp.Diff(want, packFindings(got)); diff != "" {
		t.Errorf("%s\n%v", diff, got.Problems)
	}
}

// Older checkpoints of another history, or under another name, are problems.
func TestPackOfTwoHistories(t *testing.T) {
	p := newPack(t)
	p.since = []int64{5}
	rows := cloned(p.ledger.rows)
	rows[2] = packEventWith(t, 2, func(e *event.Event) { e.Actor = id("p", 77) })
	other := ledgerOf(t, rows)
	stranger, _ := newKey(t, origin, "other")
	for name, tt := range map[string]struct {
		older []byte
		want  verify.Kind
	}{
		"with a proof":     {other.checkpoint(t, 5, p.key), verify.KindRoot},
		"of the same size": {other.checkpoint(t, packSize, p.key), verify.KindRoot},
		"of another key":   {p.ledger.checkpoint(t, 5, stranger), verify.KindSignature},
		"none":             {[]byte("x"), verify.KindCheckpoint},
	} {
		got := verifiedPack(t, p.zipped(t), verify.PackEvidence{Key: p.vkey, Older: [][]byte{tt.older}})
		if diff := cmp.Diff([]finding{{tt.want, verify.NoSeq}}, packFindings(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPackNeedsAKeyThatIsOne(t *testing.T) {
	data := newPack(t).zipped(t)
	if _, err := verify.Pack(t.Context(), bytes.NewReader(data), int64(len(data)), verify.PackEvidence{Key: "nonsense"}); err == nil {
		t.Error("accepted")
	}
}
