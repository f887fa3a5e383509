package verify_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// folder is a ledger as it is published at the sizes, one after the other; every one
// leaves its partial tiles.
func (l *ledger) folder(t testing.TB, key note.Signer, sizes ...int) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	before := 0
	for _, size := range sizes {
		for _, tile := range tlog.NewTiles(8, int64(before), int64(size)) {
			data, err := tlog.ReadTileData(tile, l)
			if err != nil {
				t.Fatal(err)
			}
			files[strings.Replace(tile.Path(), "tile/8/", "tile/", 1)] = &fstest.MapFile{Data: data}
		}
		for first := before / 256 * 256; first < size; first += 256 {
			width := min(256, size-first)
			name := fmt.Sprintf("tile/entries/%03d", first/256)
			if width < 256 {
				name += fmt.Sprintf(".p/%d", width)
			}
			var bundle []byte
			for _, row := range l.rows[first : first+width] {
				bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(row.Leaf))), row.Leaf...)
			}
			files[name] = &fstest.MapFile{Data: bundle}
		}
		checkpoint := &fstest.MapFile{Data: l.checkpoint(t, size, key)}
		files[fmt.Sprintf("checkpoints/%020d", size)] = checkpoint
		files["checkpoint"] = checkpoint
		before = size
	}
	return files
}

func published(t testing.TB, files fstest.MapFS, against verify.Evidence) *verify.Report {
	t.Helper()
	against.Ledger = client
	_, against.Key = newKey(t, origin, "published")
	report, err := verify.Published(t.Context(), files, against)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestPublishedLedgerIsProven(t *testing.T) {
	key, _ := newKey(t, origin, "published")
	l := newLedger(t, 600)
	for _, sizes := range [][]int{{1}, {255}, {256}, {257}, {1, 100, 256, 511, 512, 600}} {
		size := sizes[len(sizes)-1]
		report := published(t, l.folder(t, key, sizes...), verify.Evidence{Older: [][]byte{l.checkpoint(t, 1, key)}})
		if !report.OK() || report.Proven != int64(size) || report.Older != len(sizes) {
			t.Errorf("%v: %d proven, %d older: %s %v", sizes, report.Proven, report.Older, report.Statement(), report.Problems)
		}
	}
}

// TestPublishedWithoutPartialTiles: partial tiles may be removed once the full tile is
// there. A checkpoint that ends within it is still provable.
func TestPublishedWithoutPartialTiles(t *testing.T) {
	key, _ := newKey(t, origin, "published")
	l := newLedger(t, 512)
	files := l.folder(t, key, 300, 512)
	for name := range files {
		if strings.Contains(name, "/001.p/") {
			delete(files, name)
		}
	}
	report := published(t, files, verify.Evidence{Checkpoint: l.checkpoint(t, 300, key)})
	if !report.OK() || report.Proven != 300 {
		t.Errorf("%s %v", report.Statement(), report.Problems)
	}
}

// TestTamperedPublishedLedger changes one thing each, and the report says which.
func TestTamperedPublishedLedger(t *testing.T) {
	needs.Parallel(t)
	key, _ := newKey(t, origin, "published")
	stranger, _ := newKey(t, origin, "a stranger's")
	l := newLedger(t, 600)
	// The other ledger has another event 500, and is signed with the same key: a second
	// history.
	rewritten := cloned(l.rows)
	rewritten[500] = edited(t, 500, func(e *event.Event) { e.Reason = "rewritten" })
	other := ledgerOf(t, rewritten)
	flip := func(files fstest.MapFS, name string, at int) {
		data := bytes.Clone(files[name].Data)
		data[at] ^= 1
		files[name] = &fstest.MapFile{Data: data}
	}
	for name, c := range map[string]struct {
		tamper func(files fstest.MapFS)
		older  [][]byte
		want   verify.Kind
	}{
		"edited leaf":       {func(f fstest.MapFS) { flip(f, "tile/entries/001", 100) }, nil, verify.KindRoot},
		"edited length":     {func(f fstest.MapFS) { flip(f, "tile/entries/001", 0) }, nil, verify.KindTile},
		"edited tile":       {func(f fstest.MapFS) { flip(f, "tile/0/001", 100) }, nil, verify.KindTile},
		"edited upper tile": {func(f fstest.MapFS) { flip(f, "tile/1/000.p/2", 3) }, nil, verify.KindTile},
		"edited checkpoint": {func(f fstest.MapFS) { flip(f, "checkpoints/00000000000000000600", 100) }, nil, verify.KindSignature},
		"edited signature": {func(f fstest.MapFS) {
			f["checkpoint"] = &fstest.MapFile{Data: bytes.Clone(f["checkpoint"].Data)}
			at := len(f["checkpoint"].Data) - 20
			f["checkpoint"].Data[at] = 'A' + (f["checkpoint"].Data[at]+1)%2
		}, nil, verify.KindSignature},
		"edited size": {func(f fstest.MapFS) {
			f["checkpoint"] = &fstest.MapFile{Data: bytes.Replace(f["checkpoint"].Data, []byte("\n600\n"), []byte("\n601\n"), 1)}
		}, nil, verify.KindSignature},
		"deleted bundle":   {func(f fstest.MapFS) { delete(f, "tile/entries/000") }, nil, verify.KindTile},
		"deleted tile":     {func(f fstest.MapFS) { delete(f, "tile/0/000") }, nil, verify.KindTile},
		"truncated bundle": {func(f fstest.MapFS) { f["tile/entries/001"] = &fstest.MapFile{Data: f["tile/entries/001"].Data[:5000]} }, nil, verify.KindTile},
		"trailing bytes":   {func(f fstest.MapFS) { f["tile/entries/001"].Data = append(f["tile/entries/001"].Data, 0) }, nil, verify.KindTile},
		"trailing tile":    {func(f fstest.MapFS) { f["tile/0/002.p/88"].Data = append(f["tile/0/002.p/88"].Data, 0) }, nil, verify.KindTile},
		"swapped bundles": {func(f fstest.MapFS) {
			f["tile/entries/000"], f["tile/entries/001"] = f["tile/entries/001"], f["tile/entries/000"]
		}, nil, verify.KindRoot},
		"truncated ledger":   {func(f fstest.MapFS) { replay(f, 300) }, [][]byte{l.checkpoint(t, 600, key)}, verify.KindTruncated},
		"replayed":           {func(f fstest.MapFS) { replay(f, 300) }, [][]byte{l.checkpoint(t, 600, key)}, verify.KindTruncated},
		"second history":     {func(f fstest.MapFS) { clear(f); maps.Copy(f, other.folder(t, key, 300, 600)) }, [][]byte{l.checkpoint(t, 600, key)}, verify.KindRoot},
		"both histories":     {func(f fstest.MapFS) { f["checkpoint"] = &fstest.MapFile{Data: other.checkpoint(t, 600, key)} }, nil, verify.KindRoot},
		"another key":        {func(f fstest.MapFS) { f["checkpoint"] = &fstest.MapFile{Data: l.checkpoint(t, 600, stranger)} }, nil, verify.KindSignature},
		"a folder as a file": {func(f fstest.MapFS) { delete(f, "tile/0/000"); f["tile/0/000/x"] = &fstest.MapFile{} }, nil, verify.KindTile},
		"huge bundle":        {func(f fstest.MapFS) { f["tile/entries/000"] = &fstest.MapFile{Data: make([]byte, 64<<20)} }, nil, verify.KindTile},
		"huge checkpoint":    {func(f fstest.MapFS) { f["checkpoint"] = &fstest.MapFile{Data: make([]byte, 64<<20)} }, nil, verify.KindCheckpoint},
	} {
		t.Run(name, func(t *testing.T) {
			files := l.folder(t, key, 300, 600)
			c.tamper(files)
			report := published(t, files, verify.Evidence{Older: c.older})
			if report.OK() {
				t.Fatalf("nothing was found: %s", report.Statement())
			}
			secondFindsToo(t, files, c.older)
			for _, p := range report.Problems {
				if p.Kind == c.want && (name != "huge bundle" || strings.Contains(p.Detail, "more than")) {
					return
				}
			}
			t.Errorf("found %v, not a problem of the kind %s", report.Problems, c.want)
		})
	}
}

// A pipe in the folder would keep a verifier waiting for ever.
func TestPublishedFilesAreFiles(t *testing.T) {
	key, _ := newKey(t, origin, "published")
	files := newLedger(t, 300).folder(t, key, 300)
	files["tile/0/000"] = &fstest.MapFile{Data: files["tile/0/000"].Data, Mode: fs.ModeNamedPipe}
	report := published(t, files, verify.Evidence{})
	if len(report.Problems) != 1 || report.Problems[0].Kind != verify.KindTile || !strings.Contains(report.Problems[0].Detail, "not a file") {
		t.Errorf("found %v", report.Problems)
	}
}

// secondFindsToo runs the second verifier on the same.
func secondFindsToo(t *testing.T, files fstest.MapFS, older [][]byte) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	_, public := newKey(t, origin, "published")
	args := []string{dir, "--key", public}
	for i, note := range older {
		name := fmt.Sprintf("%s-older-%d", dir, i)
		if err := os.WriteFile(name, note, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--checkpoint", name)
	}
	if ok, answer := second(t, args...); ok {
		t.Errorf("the second verifier found nothing: %s", answer)
	}
}

// replay removes all files that show more events than size.
func replay(files fstest.MapFS, size int) {
	for name := range files {
		if strings.HasPrefix(name, "checkpoints/") && name != fmt.Sprintf("checkpoints/%020d", size) {
			delete(files, name)
		}
	}
	files["checkpoint"] = files[fmt.Sprintf("checkpoints/%020d", size)]
}

// TestPublishedFolderThatIsNone: the folder is empty, or its checkpoint claims too many
// events to read.
func TestPublishedFolderThatIsNone(t *testing.T) {
	if report := published(t, fstest.MapFS{}, verify.Evidence{}); report.OK() || report.Events != 0 {
		t.Errorf("of an empty folder: %s", report.Statement())
	}
	key, _ := newKey(t, origin, "published")
	claim := signedText(t, fmt.Sprintf("%s\n%d\n%s\n", origin, int64(1)<<62, tlog.Hash{}), key)
	report := published(t, fstest.MapFS{"checkpoint": {Data: claim}}, verify.Evidence{})
	if report.OK() || report.Found != 2 {
		t.Errorf("of a checkpoint alone: %s %v", report.Statement(), report.Problems)
	}
}

// FuzzPublishedBundle: any bytes in place of a bundle are refused, except the bundle's
// own.
func FuzzPublishedBundle(f *testing.F) {
	key, public := vectorKey(f)
	files := newLedger(f, 3).folder(f, key, 3)
	good := files["tile/entries/000.p/3"].Data
	f.Add(good)
	f.Add([]byte{})
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), 0))
	f.Add([]byte{0, 0, 0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, '{', '}'})
	f.Fuzz(func(t *testing.T, data []byte) {
		tampered := maps.Clone(files)
		tampered["tile/entries/000.p/3"] = &fstest.MapFile{Data: data}
		report, err := verify.Published(t.Context(), tampered, verify.Evidence{Ledger: client, Key: public})
		if err != nil {
			t.Fatal(err)
		}
		if report.OK() != bytes.Equal(data, good) {
			t.Errorf("OK is %v for %q", report.OK(), data)
		}
	})
}
