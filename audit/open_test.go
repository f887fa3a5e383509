package audit_test

import (
	"crypto/ed25519"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

func TestOpenRefusesSQLiteThatIsNotDurable(t *testing.T) {
	for setting, durable := range map[string]bool{
		"synchronous(OFF)": false, "synchronous(NORMAL)": false, "synchronous(FULL)": true, "synchronous(EXTRA)": true,
		"journal_mode(MEMORY)": false, "journal_mode(OFF)": false, "journal_mode(DELETE)": true,
	} {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "ledger.db")+"?_pragma="+setting)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.Migrate(t.Context(), db, false); err != nil {
			t.Fatal(err)
		}
		_, err = audit.Open(t.Context(), audit.Config{Writer: db, Origin: "ledger.test", Key: key()})
		checkRefusal(t, setting, durable, err)
		db.Close()
	}
}

func TestOpenRefusesPostgreSQLThatIsNotDurable(t *testing.T) {
	server := databasetest.NewServer(t)
	dsn := server.DSN(t)
	check := func(setting string, durable bool) {
		t.Helper()
		db, err := database.Open(t.Context(), database.Config{PostgreSQL: dsn})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		migrate(t, db)
		_, err = audit.Open(t.Context(), config(db))
		checkRefusal(t, setting, durable, err)
	}
	set := func(statements ...string) {
		t.Helper()
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, statement := range statements {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		server.Stop(t)
		server.Start(t)
	}
	check("as installed", true)
	set(`ALTER SYSTEM SET fsync = off`)
	check("fsync", false)
	set(`ALTER SYSTEM RESET fsync`, `ALTER SYSTEM SET full_page_writes = off`)
	check("full_page_writes", false)
	set(`ALTER SYSTEM RESET full_page_writes`, `ALTER SYSTEM SET synchronous_commit = off`)
	check("synchronous_commit", false)
	set(`ALTER SYSTEM SET synchronous_commit = 'local'`)
	check("synchronous_commit = local", true)
}

func checkRefusal(t *testing.T, setting string, durable bool, err error) {
	t.Helper()
	if durable && err != nil {
		t.Errorf("%s: %v", setting, err)
	}
	if !durable && (err == nil || !strings.Contains(err.Error(), "durable")) {
		t.Errorf("%s: %v; want a refusal that says why", setting, err)
	}
}

func TestOpenRefusesConfig(t *testing.T) {
	db := databasetest.SQLite(t)
	for name, spoil := range map[string]func(*audit.Config){
		"no database":       func(c *audit.Config) { c.Writer = nil },
		"no key":            func(c *audit.Config) { c.Key = nil },
		"no origin":         func(c *audit.Config) { c.Origin = "" },
		"origin with space": func(c *audit.Config) { c.Origin = "our ledger" },
		"origin with plus":  func(c *audit.Config) { c.Origin = "a+b" },
	} {
		c := config(db)
		spoil(&c)
		if _, err := audit.Open(t.Context(), c); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

// Each ledger has its own name in its checkpoints, from the first one on, and no other
// key opens them.
func TestCheckpoint(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		if empty := checkpoint(t, ledger, client(1)); empty.Size != 0 {
			t.Errorf("size of a ledger without events: %d", empty.Size)
		}
		start(t, ledger)
		mustAppend(t, ledger, db, "operator", read(1))
		mustAppend(t, ledger, db, client(1), read(1))
		mustAppend(t, ledger, db, client(1), read(2))
		if one, two := checkpoint(t, ledger, "operator"), checkpoint(t, ledger, client(1)); one.Size != 1 || two.Size != 2 {
			t.Errorf("sizes %d and %d, want 1 and 2", one.Size, two.Size)
		}
		if ledger.VerifierKey("operator") == ledger.VerifierKey(client(1)) {
			t.Error("two ledgers have the same verifier key")
		}
		if _, err := ledger.Checkpoint(t.Context(), "../operator"); err == nil || ledger.VerifierKey("../operator") != "" {
			t.Error("a checkpoint is signed for what cannot name a ledger")
		}
	})
}

func key() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }
