package gateway_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/crypto/keyring"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
	"github.com/bordereau/bordereau/gateway/objects"
)

// commands returns the commands of docs/recovery.md that begin with a comment.
func commands(t *testing.T, comment string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/recovery.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "```sh\n# "+comment+"\n")
	block, _, ended := strings.Cut(block, "```")
	if !found || !ended {
		t.Fatalf("docs/recovery.md has no commands %q", comment)
	}
	return block
}

// There is no lock-in: an administrator recovers a document that a gateway received, with
// the commands of docs/recovery.md word for word, the stock age command and the
// database's own shell.
func TestRecoveringByHand(t *testing.T) {
	needs.Parallel(t)
	age := needs.Age(t)
	for engine, c := range map[string]struct {
		program, hint string
		db            func(t *testing.T) (database.Config, string)
	}{
		"SQLite": {"sqlite3", "Debian: apt-get install sqlite3", func(t *testing.T) (database.Config, string) {
			path := filepath.Join(t.TempDir(), "bordereau.db")
			return database.Config{SQLite: path}, path
		}},
		"PostgreSQL": {"psql", "Debian: apt-get install postgresql-client", func(t *testing.T) (database.Config, string) {
			dsn := databasetest.PostgreSQLDSN(t)
			return database.Config{PostgreSQL: dsn}, dsn
		}},
	} {
		t.Run(engine, func(t *testing.T) {
			needs.Program(t, c.program, "", c.hint)
			config, db := c.db(t)
			dir := t.TempDir()
			store, err := objects.OpenFolder(t.Context(), objects.FolderConfig{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			w := gatewaytest.New(t, gatewaytest.Config{Database: databasetest.Open(t, config), Objects: store}).World(t)
			content := gatewaytest.Content("by-hand", 200_000)
			d, _ := w.Upload(t, w.Open(t, "lot-1"), "by-hand", content)

			safe := filepath.Join(t.TempDir(), "safe.key")
			recipient, err := keyring.CreateRecovery(safe)
			if err != nil {
				t.Fatal(err)
			}
			root, err := keyring.Load(w.RootFile)
			if err != nil {
				t.Fatal(err)
			}
			with, err := root.WithRecovery([]string{recipient.String()})
			if err != nil || !with.PostQuantum() {
				t.Fatal(err, "or a key is not hybrid")
			}
			rewrap(t, w.WithRoot(t, with), false)

			for name, key := range map[string]string{"root": w.RootFile, "recovery": safe} {
				folder := t.TempDir()
				script := commands(t, engine) + commands(t, "age")
				shell := exec.Command("sh", "-euc", script)
				shell.Dir = folder
				shell.Env = append(os.Environ(), "PATH="+filepath.Dir(age)+string(filepath.ListSeparator)+os.Getenv("PATH"),
					"document="+string(d.ID), "key="+key, "objects="+dir, "db="+db)
				out, err := shell.CombinedOutput()
				if err != nil {
					t.Fatalf("with the %s key: %v\n%s", name, err, out)
				}
				got, err := os.ReadFile(filepath.Join(folder, "document"))
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("with the %s key: %d bytes, %v\n%s", name, len(got), err, out)
				}
				if copies, _ := filepath.Glob(filepath.Join(folder, "copy.*")); len(copies) != 2 {
					t.Errorf("sealed copies %q", copies)
				}
			}
		})
	}
}

// The stock command opens the age files of a recovery with the keys that the recovery
// writes.
func TestTheStockCommandOpensWhatIsRecovered(t *testing.T) {
	command := needs.Age(t)
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 1)
	out := newMemoryFolder()
	recoverAll(t, w.Gateway, gateway.Recovery{Age: true, Identities: true, To: out})
	key := filepath.Join(t.TempDir(), "contract.key")
	if err := os.WriteFile(key, out.files["identities/"+string(w.Contract)+"-1.key"], 0o600); err != nil {
		t.Fatal(err)
	}
	decrypt := exec.Command(command, "-d", "-i", key)
	decrypt.Stdin = bytes.NewReader(out.files[pathOf(documents[0], ".age")])
	if got, err := decrypt.Output(); err != nil || !bytes.Equal(got, gatewaytest.Content(documents[0].Reference, 10_000)) {
		t.Errorf("age gave %d bytes, %v", len(got), err)
	}
}
