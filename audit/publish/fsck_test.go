package publish_test

import (
	"bytes"
	"context"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// fsck is the program of tessera. Its authors have not seen our code, and wrote it for
// the same format. It computes every tile and the root again from the bundles.
type fsck struct {
	program string
	key     string // file of the verifier key
}

// fsckPatience ends an fsck in a deadlock, as on a log with many faults
// (transparency-dev/tessera#1098). It takes a tenth of a second on ours.
const fsckPatience = time.Minute

func newFsck(t *testing.T, b *bench) fsck {
	t.Helper()
	f := fsck{
		program: needs.Program(t, "tessera-fsck", "BORDEREAU_TEST_FSCK",
			"go install github.com/transparency-dev/tessera/cmd/fsck@v1.0.4, renamed to tessera-fsck", filepath.Join(build.Default.GOPATH, "bin")),
		key: filepath.Join(t.TempDir(), "key"),
	}
	if err := os.WriteFile(f.key, []byte(b.ledger.VerifierKey(client)), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// accepts says whether fsck accepts the ledger in the folder. It exits with 0 either way
// and tells on its log; when it does not end, it has not accepted. A wrong tile costs it
// one of its workers, so it is given more than one fault can take.
func (f fsck) accepts(t *testing.T, dir string) (ok bool, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fsckPatience)
	defer cancel()
	command := exec.CommandContext(ctx, f.program, "-ui=false", "-N=8", "-storage_url=file://"+dir+"/", "-public_key="+f.key)
	out, err := command.CombinedOutput()
	if err != nil && ctx.Err() == nil {
		t.Fatalf("fsck: %v\n%s", err, out)
	}
	refused := strings.Contains(string(out), "fsck failed") || ctx.Err() != nil
	accepted := strings.Contains(string(out), "Successfully fsck'd log")
	if refused == accepted {
		t.Fatalf("fsck says neither yes nor no:\n%s", out)
	}
	return accepted, string(out)
}

// TestTesseraAcceptsWhatIsPublished publishes a ledger in steps, some of which end where
// a tile does.
func TestTesseraAcceptsWhatIsPublished(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		f, p := newFsck(t, b), b.publisher(t)
		for _, n := range []int{1, 699, 3396, 1, 907} { // 1, 700, 16 × 256, 4097, 5004
			b.append(t, n)
			mustPublish(t, p)
			if ok, log := f.accepts(t, filepath.Join(b.dir, client)); !ok {
				t.Errorf("after %d more events fsck refuses:\n%s", n, log)
			}
		}
	})
}

// TestTesseraRefusesTampering: one changed bit in any file is enough.
func TestTesseraRefusesTampering(t *testing.T) {
	b := newBench(t, databasetest.SQLite(t), t.TempDir())
	f := newFsck(t, b)
	b.append(t, 1100)
	mustPublish(t, b.publisher(t))
	for name, tamper := range map[string]func(t *testing.T, dir string){
		"full bundle":     flip("tile/entries/002", 1000),
		"partial bundle":  flip("tile/entries/004.p/76", 1000),
		"full tile":       flip("tile/0/001", 5000),
		"partial tile":    flip("tile/0/004.p/76", 7),
		"upper tile":      flip("tile/1/000.p/4", 40),
		"signature":       flip("checkpoint", -10),
		"missing bundle":  func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "tile/entries/003")) },
		"exchanged tiles": exchange("tile/0/000", "tile/0/002"),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(b.dir, client))); err != nil {
				t.Fatal(err)
			}
			tamper(t, dir)
			if ok, log := f.accepts(t, dir); ok {
				t.Errorf("fsck accepts it:\n%s", log)
			}
		})
	}
}

// flip changes one bit of a file, in the byte at an offset; a negative offset counts from
// the end.
func flip(name string, place int) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		data := read(t, filepath.Join(dir, name))
		if place < 0 {
			place += len(data)
		}
		changed := slices.Clone(data)
		changed[place] ^= 1
		overwrite(t, filepath.Join(dir, name), changed)
	}
}

func exchange(one, other string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		a, b := read(t, filepath.Join(dir, one)), read(t, filepath.Join(dir, other))
		if bytes.Equal(a, b) {
			t.Fatal("they are the same")
		}
		overwrite(t, filepath.Join(dir, one), b)
		overwrite(t, filepath.Join(dir, other), a)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func overwrite(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}
