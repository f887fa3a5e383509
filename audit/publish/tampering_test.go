package publish_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/publish"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// A tampering is done to a ledger of 100 events, of which 60 were published with their
// checkpoint, which the auditor kept.
type tampering struct {
	what string
	do   func(t *testing.T, b *bench)
	find func(t *testing.T, b *bench, kept []byte) string // returns the words of the finding
}

// tamperings lists every way of tampering in docs/ledger.md, "What a tampering looks
// like". That table has the words of each finding.
var tamperings = []tampering{
	// In the database, by a person who can write it.
	{"edit a row, its index in step", sql(`UPDATE audit_event SET leaf = $1, action = 'audit.prove' WHERE seq = 8`, leafOf(8, "audit.prove")), byDatabase},
	{"edit a row, its index and the head in step", rewritten, byDatabase},
	{"delete a row", sql(`DELETE FROM audit_event WHERE seq = 8`, nil), byDatabase},
	{"reorder two rows", swapped, byDatabase},
	{"cut the last rows off", sql(`DELETE FROM audit_event WHERE seq > 89`, nil), byDatabase},
	{"cut the last rows off, the head in step", func(t *testing.T, b *bench) { b.setBack(t, 40) }, byDatabase},
	{"insert a row", inserted, byDatabase},
	{"add a row at the end", sql(`INSERT INTO audit_event (ledger, seq, ts, event, action, outcome, leaf, phase, kind, bytes)
		SELECT ledger, 100, ts, event, action, outcome, $1, phase, kind, bytes FROM audit_event WHERE seq = 99`, leafOf(100, "audit.query")), byDatabase},
	{"edit a leaf by hand", sql(`UPDATE audit_event SET leaf = $1 WHERE seq = 8`, func(*testing.T, *bench) []byte { return []byte(`{"v":1}`) }), byDatabase},
	{"edit erasable data", sql(`UPDATE audit_event SET priv = '{"address":"192.0.2.9"}' WHERE seq = 8`, nil), byDatabase},
	{"edit a column of the index", sql(`UPDATE audit_event SET action = 'batch.read' WHERE seq = 8`, nil), byDatabase},
	{"edit the head", sql(`UPDATE audit_head SET compact_range = $1`, func(*testing.T, *bench) []byte { return make([]byte, 3*32) }), byDatabase},
	{"edit an index row", sql(`UPDATE audit_index SET bits = 1 WHERE field = 1`, nil), byDatabase},
	{"take index rows away", sql(`DELETE FROM audit_index WHERE field = 4`, nil), byDatabase},
	{"add an index row", sql(`INSERT INTO audit_index (ledger, field, value, block, bits) SELECT ledger, 15, 'p_x', 0, 1 FROM audit_head`, nil), byDatabase},
	{"add an index row of events to come", sql(`INSERT INTO audit_index (ledger, field, value, block, bits) SELECT ledger, 4, 'allow', 7, 1 FROM audit_head`, nil), byDatabase},
	{"say that more is indexed", sql(`UPDATE audit_head SET indexed = indexed + 1`, nil), byDatabase},
	{"edit a kept tile", func(t *testing.T, b *bench) {
		b.append(t, 200)
		if text := byProof(t, b, nil); text != "" {
			t.Fatal(text)
		}
		b.exec(t, `UPDATE audit_tile SET hashes = $1`, make([]byte, 256*32))
	}, byProof},
	{"roll the database back", func(t *testing.T, b *bench) { b.setBack(t, 40) }, byStart},
	{"roll it back and go on", func(t *testing.T, b *bench) { b.setBack(t, 40); b.append(t, 70) }, byStart},

	// In the published ledger, by a person who can write the folder, or serves another.
	{"edit a published event", inFile("tile/entries/000.p/60", "audit.query", "audit.prove"), byTiles},
	{"edit a published tile", inFile("tile/0/000.p/60", "", ""), byTiles},
	{"remove a published bundle", func(t *testing.T, b *bench) {
		if err := os.Remove(filepath.Join(b.dir, client, "tile/entries/000.p/60")); err != nil {
			t.Fatal(err)
		}
	}, byTiles},
	{"edit a published checkpoint", inFile("checkpoint", "\n60\n", "\n61\n"), byTiles},
	{"replay an old checkpoint", func(t *testing.T, b *bench) {
		old := b.files(t)[fmt.Sprintf("checkpoints/%020d", 20)]
		b.write(t, "checkpoint", old)
		if err := os.RemoveAll(filepath.Join(b.dir, client, "checkpoints")); err != nil {
			t.Fatal(err)
		}
	}, byTiles},
	{"serve another history", func(t *testing.T, b *bench) {
		b.setBack(t, 40)
		b.append(t, 70)
		mustPublish(t, b.elsewhere(t))
	}, byTiles},

	// In an evidence pack, by the person who hands it over.
	{"edit an event of a pack", nil, byPack("event-edited")},
	{"edit erasable data of a pack", nil, byPack("private-edited")},
	{"edit the question of a pack", nil, byPack("question-edited")},
	{"edit the table of a pack", nil, byPack("table-edited")},
	{"exchange the terms in a pack", nil, byPack("terms-other")},
	{"leave a member of a pack out", nil, byPack("member-missing")},
	{"put a member into a pack", nil, byPack("member-more")},
	{"sign a pack with another key", nil, byPack("signature")},
	{"a pack with a name that leaves", nil, byPack("name-leaves")},
	{"a pack with a compressed member", nil, byPack("compressed")},
	{"a pack of a huge size", nil, byPack("huge")},
	{"a pack whose members overlap", nil, byPack("overlap")},
	{"a pack with a link", nil, byPack("link")},
	{"a pack with a member twice", nil, byPack("member-twice")},
	{"a pack with something behind it", nil, byPack("appended")},
	{"a pack with something before it", nil, byPack("prepended")},
	{"a pack with a wrong CRC", nil, byPack("crc")},
}

// Every tampering is found, on both engines. The handbook's table and this test are
// equal: each tampering of the table is tried here, and found in the words of the table.
func TestWhatATamperingLooksLike(t *testing.T) {
	needs.Parallel(t)
	words := handbook(t)
	for _, c := range tamperings {
		want, listed := words[c.what]
		if !listed {
			t.Errorf("docs/ledger.md does not list %q", c.what)
		}
		delete(words, c.what)
		t.Run(c.what, func(t *testing.T) {
			needs.Siblings(t)
			if c.do == nil { // this tampering is not in a database
				look(t, c.find(t, nil, nil), want)
				return
			}
			each(t, func(t *testing.T, b *bench) {
				kept := b.sixtyPublished(t)
				c.do(t, b)
				look(t, c.find(t, b, kept), want)
			})
		})
	}
	for what := range words {
		t.Errorf("docs/ledger.md lists %q, which is not tried", what)
	}
}

func look(t *testing.T, told, want string) {
	t.Helper()
	if want == "" || !strings.Contains(told, want) {
		t.Errorf("told %q, want %q in it", told, want)
	}
}

// Without any tampering, no check finds anything.
func TestNoTampering(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		kept := b.sixtyPublished(t)
		for name, find := range map[string]func(*testing.T, *bench, []byte) string{"database": byDatabase, "proof": byProof, "start": byStart, "tiles": byTiles} {
			if told := find(t, b, kept); told != "" {
				t.Errorf("%s: %s", name, told)
			}
		}
	})
	if told := byPack("good")(t, nil, nil); told != "" {
		t.Errorf("pack: %s", told)
	}
}

// handbook reads the table of docs/ledger.md: each tampering with the words of its
// finding.
func handbook(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/ledger.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "## What a tampering looks like\n")
	if !ok {
		t.Fatal("docs/ledger.md has no such section")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	words := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| ([^|]+) \\| ([^|]+) \\| `([^|]+)` \\|$").FindAllStringSubmatch(section, -1) {
		words[row[1]] = row[3]
	}
	return words
}

// sixtyPublished makes the ledger before the tampering. It returns the checkpoint that
// the auditor kept.
func (b *bench) sixtyPublished(t *testing.T) []byte {
	t.Helper()
	p := b.publisher(t)
	b.append(t, 20)
	mustPublish(t, p)
	b.append(t, 40)
	mustPublish(t, p)
	b.append(t, 40)
	return []byte(b.files(t)["checkpoint"])
}

func sql(statement string, data func(t *testing.T, b *bench) []byte) func(t *testing.T, b *bench) {
	return func(t *testing.T, b *bench) {
		if data == nil {
			b.exec(t, statement)
			return
		}
		b.exec(t, statement, data(t, b))
	}
}

// leafOf is a leaf as the ledger would write it for the number: a stored event with
// another action.
func leafOf(seq int64, action event.Action) func(t *testing.T, b *bench) []byte {
	return func(t *testing.T, b *bench) []byte {
		t.Helper()
		stored, err := b.ledger.Stored(t.Context(), client, []int64{min(seq, 99)})
		if err != nil {
			t.Fatal(err)
		}
		e := stored[0].Event
		e.Seq, e.Action = seq, action
		leaf, err := e.Leaf()
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
}

// rewritten rewrites an event in the database and computes the tree anew. Only a kept
// checkpoint shows it.
func rewritten(t *testing.T, b *bench) {
	b.exec(t, `UPDATE audit_event SET leaf = $1, action = 'audit.prove' WHERE seq = 8`, leafOf(8, "audit.prove")(t, b))
	b.setBack(t, 100)
}

func swapped(t *testing.T, b *bench) {
	b.exec(t, `UPDATE audit_event SET seq = -1 WHERE seq = 7`)
	b.exec(t, `UPDATE audit_event SET seq = 7 WHERE seq = 8`)
	b.exec(t, `UPDATE audit_event SET seq = 8 WHERE seq = -1`)
}

func inserted(t *testing.T, b *bench) {
	for seq := 99; seq >= 8; seq-- {
		b.exec(t, fmt.Sprintf(`UPDATE audit_event SET seq = %d WHERE seq = %d`, seq+1, seq))
	}
	b.exec(t, `INSERT INTO audit_event (ledger, seq, ts, event, action, outcome, leaf, phase, kind, bytes)
		SELECT ledger, 8, ts, event, action, outcome, leaf, phase, kind, bytes FROM audit_event WHERE seq = 7`)
}

// setBack cuts the ledger to its first events, with the head in step, as a restore from a
// backup does.
func (b *bench) setBack(t *testing.T, size int64) {
	t.Helper()
	b.exec(t, fmt.Sprintf(`DELETE FROM audit_event WHERE seq >= %d`, size))
	b.exec(t, fmt.Sprintf(`DELETE FROM audit_index WHERE block >= %d`, size/64))
	b.exec(t, fmt.Sprintf(`UPDATE audit_head SET size = %d, indexed = %d, compact_range = $1`, size, size/64), b.frontier(t, size))
}

// compactRange is the roots of the complete subtrees that the first events split into,
// the largest first.
func (b *bench) frontier(t *testing.T, size int64) []byte {
	t.Helper()
	var leaves [][]byte
	for row, err := range b.ledger.Copy(t.Context(), client) {
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, row.Leaf)
	}
	var frontier []byte
	for first := int64(0); first < size; {
		width := int64(1)
		for first+2*width <= size {
			width *= 2
		}
		frontier = append(frontier, rootOf(leaves[first:first+width])...)
		first += width
	}
	return frontier
}

// inFile changes words of a published file, or its first byte.
func inFile(name, old, new string) func(t *testing.T, b *bench) {
	return func(t *testing.T, b *bench) {
		text := b.files(t)[name]
		changed := strings.Replace(text, old, new, 1)
		if old == "" {
			changed = string([]byte{text[0] ^ 1}) + text[1:]
		}
		if changed == text {
			t.Fatalf("%s does not hold %q", name, old)
		}
		if err := os.Remove(filepath.Join(b.dir, client, name)); err != nil {
			t.Fatal(err)
		}
		b.write(t, name, changed)
	}
}

// byDatabase is the answer of `audit verify` of a database, with a kept checkpoint.
func byDatabase(t *testing.T, b *bench, kept []byte) string {
	t.Helper()
	copier := audit.Copier{Database: b.db.Reader()}
	head := func() (verify.Head, error) {
		size, root, err := copier.Head(t.Context(), client)
		if errors.Is(err, audit.ErrTampered) {
			return verify.Head{Size: -1}, nil
		}
		return verify.Head{Size: size, Root: root.String()}, err
	}
	posted := func() (int64, error) { return copier.Indexed(t.Context(), client) }
	blocks, err := posted()
	if err != nil {
		t.Fatal(err)
	}
	postings := &verify.Index{Blocks: blocks, Now: posted, All: func(yield func(verify.IndexRow, error) bool) {
		for p, err := range copier.Index(t.Context(), client) {
			if !yield(verify.IndexRow(p), err) {
				return
			}
		}
	}}
	return told(verify.Copy(t.Context(), rowsOf(t.Context(), copier), verify.Evidence{Ledger: client, Key: b.ledger.VerifierKey(client),
		Checkpoint: kept, Head: head, Index: postings}))
}

func rowsOf(ctx context.Context, copier audit.Copier) iter.Seq2[verify.Row, error] {
	return func(yield func(verify.Row, error) bool) {
		for r, err := range copier.Copy(ctx, client) {
			if !yield(verify.Row{Seq: r.Seq, Leaf: r.Leaf, Private: r.Opening, Columns: r.Columns}, err) {
				return
			}
		}
	}
}

// byTiles is the answer of `audit verify --tiles`, with a kept checkpoint.
func byTiles(t *testing.T, b *bench, kept []byte) string {
	t.Helper()
	return told(verify.Published(t.Context(), os.DirFS(filepath.Join(b.dir, client)), verify.Evidence{Ledger: client,
		Key: b.ledger.VerifierKey(client), Older: [][]byte{kept}}))
}

// byPack is the answer of `audit verify --pack` of a frozen pack.
func byPack(name string) func(*testing.T, *bench, []byte) string {
	return func(t *testing.T, _ *bench, _ []byte) string {
		t.Helper()
		key, err := os.ReadFile("../testdata/key")
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.Open("../testdata/packs/" + name + ".zip")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		report, err := verify.Pack(t.Context(), file, info.Size(), verify.PackEvidence{Key: strings.TrimSpace(string(key))})
		if err != nil {
			t.Fatal(err)
		}
		return problems(report.Problems)
	}
}

// byStart is the error of a gateway that starts on the database.
func byStart(t *testing.T, b *bench, _ []byte) string {
	t.Helper()
	if err := b.publisher(t).Check(t.Context()); err != nil {
		return err.Error()
	}
	return ""
}

// byProof is the error of a gateway that is asked for a proof.
func byProof(t *testing.T, b *bench, _ []byte) string {
	t.Helper()
	tree, err := b.ledger.Tree(t.Context(), client)
	if err == nil {
		_, err = tree.ProveEvent(t.Context(), 8)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func told(report *verify.Report, err error) string {
	if err != nil {
		return err.Error()
	}
	return problems(report.Problems)
}

func problems(list []verify.Problem) string {
	var lines []string
	for _, p := range list {
		lines = append(lines, string(p.Kind)+": "+p.Detail)
	}
	return strings.Join(slices.Compact(lines), "\n")
}

// rootOf is the root over a power of two of leaves (RFC 6962).
func rootOf(leaves [][]byte) []byte {
	if len(leaves) == 1 {
		hash := tlog.RecordHash(leaves[0])
		return hash[:]
	}
	half := len(leaves) / 2
	hash := tlog.NodeHash(tlog.Hash(rootOf(leaves[:half])), tlog.Hash(rootOf(leaves[half:])))
	return hash[:]
}

// elsewhere publishes to another folder, which the test then checks.
func (b *bench) elsewhere(t *testing.T) *publish.Publisher {
	t.Helper()
	b.dir = t.TempDir()
	sink, err := publish.OpenFolder(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	b.sink = sink
	return b.publisher(t)
}
