package verify_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// rawZip is an archive in which a test can falsify every header.
type rawZip struct {
	members   []rawMember
	end       func(end []byte)
	prepended string
	behind    string // behind the last member
	appended  string
}

type rawMember struct {
	packFile
	local, directory func(header []byte) // changes a header before it is written
	gap              string              // before the member
	elsewhere        int                 // 1 + the member over whose data this one lies
}

func (z rawZip) bytes(t *testing.T) []byte {
	t.Helper()
	var plain []packFile
	for _, m := range z.members {
		plain = append(plain, m.packFile)
	}
	good := zipOf(t, plain)
	out := bytes.NewBufferString(z.prepended)
	var directory bytes.Buffer
	at := 0
	entry := bytes.Index(good, []byte("PK\x01\x02"))
	var offsets []int
	for _, m := range z.members {
		header := slices.Clone(good[at : at+30+len(m.name)])
		at += len(header) + len(m.data)
		out.WriteString(m.gap)
		d := slices.Clone(good[entry : entry+46+len(m.name)])
		entry += len(d)
		binary.LittleEndian.PutUint32(d[42:], uint32(out.Len()))
		if m.elsewhere > 0 {
			binary.LittleEndian.PutUint32(d[42:], uint32(offsets[m.elsewhere-1]))
		}
		offsets = append(offsets, out.Len())
		if m.local != nil {
			m.local(header)
		}
		if m.directory != nil {
			m.directory(d)
		}
		directory.Write(d)
		if m.elsewhere == 0 {
			out.Write(header)
			out.Write(m.data)
		}
	}
	out.WriteString(z.behind)
	end := slices.Clone(good[len(good)-22:])
	binary.LittleEndian.PutUint32(end[12:], uint32(directory.Len()))
	binary.LittleEndian.PutUint32(end[16:], uint32(out.Len()))
	if z.end != nil {
		z.end(end)
	}
	out.Write(directory.Bytes())
	out.Write(end)
	out.WriteString(z.appended)
	return out.Bytes()
}

// An archive that is not of the one form is refused before its content is used, with a
// sentence that says why.
func TestHostileArchives(t *testing.T) {
	le := binary.LittleEndian
	two := func(change func(z *rawZip)) func(t *testing.T) []byte {
		return func(t *testing.T) []byte {
			z := rawZip{members: []rawMember{{packFile: packFile{"a", []byte("first")}}, {packFile: packFile{"b", []byte("second")}}}}
			change(&z)
			return z.bytes(t)
		}
	}
	named := func(name string) func(t *testing.T) []byte {
		return two(func(z *rawZip) { z.members[1].name = name })
	}
	header := func(change func(d []byte)) func(t *testing.T) []byte {
		return two(func(z *rawZip) { z.members[1].directory = change })
	}
	for _, tt := range []struct {
		name, want string
		archive    func(t *testing.T) []byte
	}{
		{"nothing", "no ZIP file", func(*testing.T) []byte { return nil }},
		{"not an archive", "does not end with its directory", func(*testing.T) []byte { return bytes.Repeat([]byte("x"), 1000) }},
		{"cut off", "does not end with its directory", func(t *testing.T) []byte { return cutEnd(two(func(*rawZip) {})(t), 1) }},
		{"empty", "manifest.json: it is not there", func(t *testing.T) []byte { return zipOf(t, nil) }},
		{"something put behind it", "does not end with its directory", two(func(z *rawZip) { z.appended = "behind" })},
		{"a comment", "has a comment", two(func(z *rawZip) { z.appended = "note"; z.end = func(e []byte) { e[20] = 4 } })},
		{"an announced comment", "announces a comment", two(func(z *rawZip) { z.end = func(e []byte) { e[20] = 1 } })},
		{"something put before it", "something was put before it", func(t *testing.T) []byte {
			return append([]byte("#!/bin/sh\n"), two(func(*rawZip) {})(t)...)
		}},
		{"something put before it, with care", "does not begin where the one before it ends", two(func(z *rawZip) { z.prepended = "#!/bin/sh\n" })},
		{"a gap between members", "does not begin where the one before it ends", two(func(z *rawZip) { z.members[1].gap = "hidden" })},
		{"members over each other", "members overlap", two(func(z *rawZip) { z.members[1].elsewhere = 1 })},
		{"a member that begins in itself", "members overlap", header(func(d []byte) { le.PutUint32(d[42:], 1) })},
		{"a member beyond the end", "does not begin where the one before it ends", header(func(d []byte) { le.PutUint32(d[42:], 1<<31) })},
		{"a gap before the directory", "between its members and its directory", two(func(z *rawZip) { z.behind = "hidden" })},
		{"a directory with more than it counts", "holds more than", two(func(z *rawZip) {
			z.end = func(e []byte) { le.PutUint16(e[8:], 1); le.PutUint16(e[10:], 1) }
		})},
		{"a directory with less than it counts", "holds fewer", two(func(z *rawZip) { z.end = func(e []byte) { le.PutUint16(e[8:], 3); le.PutUint16(e[10:], 3) } })},
		{"two counts", "several files", two(func(z *rawZip) { z.end = func(e []byte) { e[8] = 1 } })},
		{"a part of several", "several files", two(func(z *rawZip) { z.end = func(e []byte) { e[4] = 1 } })},
		{"tens of thousands of members", "more than 20000 members", func(t *testing.T) []byte {
			var files []packFile
			for i := range 20_001 {
				files = append(files, packFile{name: fmt.Sprintf("%d", i)})
			}
			return zipOf(t, files)
		}},
		{"more members than there can be", "more than 20000 members", two(func(z *rawZip) { z.end = func(e []byte) { le.PutUint32(e[8:], 1<<32-1) } })},
		{"a huge directory", "larger than that of so many", two(func(z *rawZip) { z.end = func(e []byte) { le.PutUint32(e[12:], 1<<32-1) } })},
		{"a huge size", "larger than the archive", two(func(z *rawZip) {
			huge := func(at int) func([]byte) {
				return func(h []byte) { le.PutUint32(h[at:], 1<<32-2); le.PutUint32(h[at+4:], 1<<32-2) }
			}
			z.members[1].local, z.members[1].directory = huge(18), huge(20)
		})},
		{"two sizes", "has two sizes", header(func(d []byte) { le.PutUint32(d[24:], 1<<31) })},
		{"a bomb", "is compressed", bomb},
		{"an encrypted member", "is encrypted", header(func(d []byte) { d[8] = 1 })},
		{"a size that comes later", "has another header", header(func(d []byte) { d[8] = 8 })},
		{"a symbolic link", "is a link", header(func(d []byte) { le.PutUint32(d[38:], 0o120777<<16) })},
		{"a folder", "leads elsewhere", two(func(z *rawZip) {
			slash := func(at int) func([]byte) { return func(h []byte) { h[at+1] = '/' } }
			z.members[1].name, z.members[1].local, z.members[1].directory = "bb", slash(30), slash(46)
		})},
		{"extra fields", "has a comment, or fields", header(func(d []byte) { d[30] = 4 })},
		{"a member's comment", "has a comment, or fields", header(func(d []byte) { d[32] = 4 })},
		{"another date", "has another header", header(func(d []byte) { d[14]++ })},
		{"a name that is longer than the directory", "ends within a name", header(func(d []byte) { d[28] = 200 })},
		{"two names", "its own header says something else", two(func(z *rawZip) { z.members[1].local = func(h []byte) { h[30] = 'c' } })},
		{"two lengths of a name", "its own header says something else", two(func(z *rawZip) { z.members[1].local = func(h []byte) { h[26] = 2 } })},
		{"two CRCs", "its own header says something else", two(func(z *rawZip) { z.members[1].local = func(h []byte) { h[14]++ } })},
		{"the same name twice", "is there twice", named("a")},
		{"no name", "has no name", named("")},
		{"a long name", "too long a name", named(strings.Repeat("n", 129))},
		{"an absolute name", "absolute path", named("/etc/passwd")},
		{"a name that leaves", "leads elsewhere", named("../../etc/passwd")},
		{"a name that leaves later", "leads elsewhere", named("proofs/../../x")},
		{"a name that stays", "leads elsewhere", named("./b")},
		{"a name with backslashes", "backslash", named(`..\..\x`)},
		{"a drive", "a character in its name", named("C:x")},
		{"a name with a NUL", "a character in its name", named("b\x00.txt")},
		{"a name in another alphabet", "a character in its name", named("mаnifest.json")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := verifiedPack(t, tt.archive(t), verify.PackEvidence{})
			if got.OK() || got.Found != 1 || !strings.Contains(got.Problems[0].Detail, tt.want) {
				t.Errorf("%v does not say %q", got.Problems, tt.want)
			}
		})
	}
}

func cutEnd(data []byte, n int) []byte { return data[:len(data)-n] }

// bomb grows a thousandfold when it is read.
func bomb(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	member, err := w.Create("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(member, zeros{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := out.Bytes()
	// Without the flag that Go sets, and the descriptor that goes with it, only the
	// method is left to refuse.
	data[bytes.Index(data, []byte("PK\x01\x02"))+8] = 0
	return data
}

// A pack that is a good archive, but disagrees with its list.
func TestPacksThatAreNotTheirManifest(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		change     func(files []packFile) []packFile
	}{
		{"a member too few", `member "proofs/4" is missing`, func(files []packFile) []packFile {
			return slices.DeleteFunc(files, func(f packFile) bool { return f.name == "proofs/4" })
		}},
		{"a member too many", `"proofs/99" is not one that manifest.json lists`, func(files []packFile) []packFile {
			return append(files, packFile{"proofs/99", []byte("x")})
		}},
		{"another order", "is not in its place", func(files []packFile) []packFile {
			files[0], files[1] = files[1], files[0]
			return files
		}},
		{"another length", "bytes, and manifest.json says", changed("HOW-TO-VERIFY.txt", func(d []byte) []byte { return append(d, '.') })},
		{"another content", "its SHA-256 is another", changed("HOW-TO-VERIFY.txt", func(d []byte) []byte { d[0]++; return d })},
		{"no manifest", "manifest.json: it is not there", func(files []packFile) []packFile { return files[:len(files)-1] }},
		{"a later version", "version 2, and this verifier knows version 1", manifestWith(`"pack": 1`, `"pack": 2`)},
		{"another form", "not in its one form", manifestWith(`"pack": 1`, `"pack":1`)},
		{"a member beside", "not in its one form", manifestWith(`"pack": 1`, "\"x\": 1,\n \"pack\": 1")},
		{"a member twice", "not in its one form", manifestWith(`"pack": 1`, "\"pack\": 1,\n \"pack\": 1")},
		{"no JSON", "no JSON", manifestWith(`{`, ``)},
		{"another reason", "for an unknown reason", manifestWith(`"withheld": []`,
			"\"withheld\": [\n  {\n   \"contract\": \"c_a\",\n   \"version\": 1,\n   \"why\": \"\x7f\"\n  }\n ]")},
		{"withheld, of no contract", "withholds something", manifestWith(`"withheld": []`,
			"\"withheld\": [\n  {\n   \"contract\": \"..\",\n   \"version\": 1,\n   \"why\": \"not-readable\"\n  }\n ]")},
		{"no ledger", "names no ledger", manifestWith(client, "o_x")},
		{"another size", "the checkpoint covers 11 events, and manifest.json says 12", manifestWith(`"size": 11`, `"size": 12`)},
		{"another count", "there are 11 events, and manifest.json says 10", manifestWith(`"events": 11`, `"events": 10`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPack(t)
			got := verifiedPack(t, zipOf(t, tt.change(p.files(t))), verify.PackEvidence{Key: p.vkey})
			if got.OK() || !strings.Contains(fmt.Sprint(got.Problems), tt.want) {
				t.Errorf("%v does not say %q", got.Problems, tt.want)
			}
		})
	}
}

func changed(name string, change func([]byte) []byte) func([]packFile) []packFile {
	return func(files []packFile) []packFile {
		for i := range files {
			if files[i].name == name {
				files[i].data = change(bytes.Clone(files[i].data))
			}
		}
		return files
	}
}

func manifestWith(old, new string) func([]packFile) []packFile {
	return changed("manifest.json", func(d []byte) []byte { return bytes.Replace(d, []byte(old), []byte(new), 1) })
}

// A member whose bytes changed after the archive was made.
func TestPackWithAWrongCRC(t *testing.T) {
	p := newPack(t)
	data := p.zipped(t)
	data[bytes.Index(data, []byte("With bordereau"))]++
	got := verifiedPack(t, data, verify.PackEvidence{Key: p.vkey})
	want := []verify.Problem{{Kind: verify.KindManifest, Seq: verify.NoSeq,
		Detail: `member "HOW-TO-VERIFY.txt": its CRC is another than the directory says`}}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Error(diff)
	}
}

// The manifest lists no digest of itself, so its CRC is all that holds its white space.
func TestManifestWithAWrongCRC(t *testing.T) {
	p := newPack(t)
	data := p.zipped(t)
	// Of the two, the directory's comes last.
	at := bytes.LastIndex(data, []byte("manifest.json")) - 30
	data[at] ^= 1
	first := bytes.Index(data, []byte("manifest.json")) - 16
	data[first] ^= 1
	got := verifiedPack(t, data, verify.PackEvidence{Key: p.vkey})
	if got.OK() || !strings.Contains(got.Problems[0].Detail, "its CRC is another") {
		t.Errorf("found %v", got.Problems)
	}
}

// A change of any bit of a pack is found.
func TestFlippedBitsOfAPack(t *testing.T) {
	needs.Parallel(t)
	p := newPack(t)
	p.rows = p.rows[6:7]
	p.terms, p.withheld = nil, []map[string]any{{"contract": id("c", 1), "version": 1, "why": "not-readable"}}
	data := p.zipped(t)
	for i := range data {
		data[i] ^= 1 << (i % 8)
		if got := verifiedPack(t, data, verify.PackEvidence{Key: p.vkey}); got.OK() {
			t.Fatalf("byte %d, bit %d: not found", i, i%8)
		}
		data[i] ^= 1 << (i % 8)
	}
	if got := verifiedPack(t, data, verify.PackEvidence{Key: p.vkey}); !got.Proves() {
		t.Fatal(got.Problems)
	}
}

// A pack of any size is read in bounded memory: a member that is too large is refused
// before it is read.
func TestPackIsTooLarge(t *testing.T) {
	got, err := verify.Pack(t.Context(), noFile{}, 256<<20+1, verify.PackEvidence{})
	if err != nil || got.OK() || !strings.Contains(got.Problems[0].Detail, "more than 268435456 bytes") {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = verify.Pack(t.Context(), noFile{}, 1000, verify.PackEvidence{})
	if err != nil || got.OK() || !strings.Contains(got.Problems[0].Detail, "reading it") {
		t.Errorf("%+v, %v", got, err)
	}
}

type noFile struct{}

func (noFile) ReadAt([]byte, int64) (int, error) { return 0, errors.New("must not be read") }

// FuzzPack: for any bytes, verification ends with a report, and proves only events of the
// ledger of the given key.
func FuzzPack(f *testing.F) {
	p := newPack(f)
	whole := p.zipped(f)
	f.Add(whole)
	f.Add(zipOf(f, nil))
	p.rows, p.since = p.rows[3:5], []int64{4}
	f.Add(p.zipped(f))
	_, vkey := vectorKey(f)
	leaves := map[string]bool{}
	for _, r := range p.ledger.rows {
		leaves[string(r.Leaf)] = true
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := verifiedPack(t, data, verify.PackEvidence{Key: vkey})
		if !got.Proves() {
			return
		}
		for _, leaf := range leavesIn(t, data) {
			if !leaves[leaf] {
				t.Errorf("proved %s", leaf)
			}
		}
	})
}

// FuzzPackMember: any member may hold any bytes, and the manifest fits. No event is
// proven that is not in the ledger.
func FuzzPackMember(f *testing.F) {
	p := smallPack(f)
	files := p.files(f)
	for i, m := range files {
		f.Add(i, m.data)
	}
	leaves := map[string]bool{}
	for _, r := range p.ledger.rows {
		leaves[string(r.Leaf)] = true
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		p := smallPack(t)
		p.edit = func(files []packFile) []packFile {
			if which >= 0 && which < len(files) {
				files[which].data = data
			}
			return files
		}
		members := p.files(t)
		if which == len(members)-1 {
			members[which].data = data
		}
		pack := zipOf(t, members)
		got := verifiedPack(t, pack, verify.PackEvidence{Key: p.vkey, Older: [][]byte{p.ledger.checkpoint(t, 4, p.key)}})
		if !got.Proves() {
			return
		}
		for _, leaf := range leavesIn(t, pack) {
			if !leaves[leaf] {
				t.Errorf("proved %s", leaf)
			}
		}
	})
}

// leavesIn reads the leaves of a pack with archive/zip.
func leavesIn(t *testing.T, data []byte) []string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := r.Open("events.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	var leaves []string
	for line := range strings.Lines(string(text)) {
		leaf, _, _ := strings.Cut(strings.TrimPrefix(line, `{"leaf":`), `,"private":`)
		leaves = append(leaves, strings.TrimSuffix(leaf, "}\n"))
	}
	return leaves
}
