package installation

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/config"
)

// root in a folder of another user is refused before a file is made: the gateway, which
// runs as that user, could not go on with what is root's.
func TestFoldersOfAnotherUserAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	c := config.Default().Resolve(t.TempDir())
	for _, folder := range []string{c.DataDir, c.Ledger.Publish.Dir, c.Objects.Dir} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(folder, 65532, 65532); err != nil {
			t.Fatal(err)
		}
		_, err := OpenLedger(t.Context(), Options{Config: c, Logger: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "belongs to user 65532") {
			t.Errorf("%s: %v", folder, err)
		}
		if _, err := os.Stat(filepath.Join(c.DataDir, "bordereau.db")); !errors.Is(err, os.ErrNotExist) {
			t.Error("a database was made all the same")
		}
		if err := checkOwners(c, 65532); err != nil { // as that user
			t.Error(err)
		}
		if err := os.Chown(folder, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// A database that accepts and never answers is named in the log.
func TestTheLogSaysWhatIsWaitedFor(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	c := config.Default()
	c.Database.Engine, c.Database.URL = config.PostgreSQL, config.NewSecret("postgres://u:secret@"+silent.Addr().String()+"/d?sslmode=disable")
	log := endsOn{text: new(strings.Builder), end: cancel}
	_, err = OpenLedger(ctx, Options{Config: c.Resolve(t.TempDir()), Logger: slog.New(slog.NewTextHandler(log, nil)), silence: 1})
	if err == nil || !strings.Contains(log.text.String(), `msg="waiting for an answer" from="the database"`) {
		t.Errorf("%v, and the log: %s", err, log.text)
	}
	if strings.Contains(log.text.String(), "secret") {
		t.Error("the log has the password")
	}
}

// endsOn is a log that ends the wait with its first line.
type endsOn struct {
	text *strings.Builder
	end  func()
}

func (e endsOn) Write(p []byte) (int, error) {
	defer e.end()
	return e.text.Write(p)
}
