package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// PostgreSQL stops, even in the middle of a transaction, and starts again. Acknowledged
// transactions are there, and the same DB works again.
func TestAStoppedServerIsUnavailable(t *testing.T) {
	server := databasetest.NewServer(t)
	db := databasetest.Open(t, database.Config{PostgreSQL: server.DSN(t)})
	insertOrganisation(t, db, "o_1")

	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		server.Stop(t)
		return organisation(ctx, tx, "o_2", "client")
	})
	if !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("InTx while the server went away: %v", err)
	}
	look := func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Organisation(ctx, "o_1")
		return err
	}
	if err := db.InTx(t.Context(), look); !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("InTx without a server: %v", err)
	}
	if err := db.View(t.Context(), look); !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("View without a server: %v", err)
	}

	server.Start(t)
	if err := db.View(t.Context(), look); err != nil {
		t.Errorf("View after the server came back: %v", err)
	}
	insertOrganisation(t, db, "o_3")
	if n := count(t, db, "organisation"); n != 2 {
		t.Errorf("%d organisations, want o_1 and o_3", n)
	}
}

// If the server commits and its answer is lost, the error says that the outcome is
// unknown, and nothing runs twice.
func TestALostAnswerToCommitIsUnknown(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	cut := databasetest.NewProxy(t, dsn)
	direct := databasetest.Open(t, database.Config{PostgreSQL: dsn})
	db := databasetest.Open(t, database.Config{PostgreSQL: cut.DSN})

	runs := 0
	cut.LoseNextCommit()
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		runs++
		return organisation(ctx, tx, "o_1", "client")
	})
	if !errors.Is(err, database.ErrUnavailable) || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("InTx: %v", err)
	}
	if runs != 1 {
		t.Errorf("fn ran %d times", runs)
	}
	if n := count(t, direct, "organisation"); n != 1 {
		t.Errorf("%d organisations: the commit itself was to succeed", n)
	}
}

// If the server ends the session while it commits, its answer says nothing about the
// transaction, even with the code of a lost race. The outcome is unknown, and nothing
// runs twice.
func TestAFatalAnswerToCommitIsUnknown(t *testing.T) {
	for _, code := range []string{"57P01", "40001", "23505", "XX000"} {
		dsn := databasetest.PostgreSQLDSN(t)
		proxy := databasetest.NewProxy(t, dsn)
		direct := databasetest.Open(t, database.Config{PostgreSQL: dsn})
		db := databasetest.Open(t, database.Config{PostgreSQL: proxy.DSN})
		runs := 0
		proxy.FailNextCommit(code)
		err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			runs++
			return organisation(ctx, tx, "o_1", "client")
		})
		if !errors.Is(err, database.ErrUnavailable) || !strings.Contains(err.Error(), "unknown") || runs != 1 {
			t.Errorf("FATAL %s: %v, after %d runs", code, err, runs)
		}
		if n := count(t, direct, "organisation"); n != 1 {
			t.Errorf("FATAL %s: %d organisations: the commit itself was to succeed", code, n)
		}
	}
}

// A COMMIT that the server answers with ROLLBACK stored nothing. It is an error, even if
// fn returned none, and it is not an ErrUnavailable, because fn caused it.
func TestACommitThatWasRolledBackIsAnError(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		if err := organisation(ctx, tx, "o_1", "client"); err != nil {
			return err
		}
		if err := organisation(ctx, tx, "o_2", "neither client nor provider"); err == nil {
			t.Error("a broken constraint was taken")
		}
		return nil // as if nothing had happened
	})
	if err == nil || errors.Is(err, database.ErrUnavailable) {
		t.Errorf("InTx: %v, want an error that is not ErrUnavailable", err)
	}
	if n := count(t, db, "organisation"); n != 0 {
		t.Errorf("%d organisations", n)
	}
}

// A constraint that is checked in the COMMIT itself is the program's mistake. The server
// says that it rolled back.
func TestARefusalOfTheCommitIsNotUnknown(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	for _, statement := range []string{"CREATE TABLE parent (id bigint PRIMARY KEY)",
		"CREATE TABLE child (parent bigint REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)"} {
		if _, err := db.Writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.SQL.ExecContext(ctx, "INSERT INTO child (parent) VALUES (1)")
		return err
	})
	if err == nil || errors.Is(err, database.ErrUnavailable) || strings.Contains(err.Error(), "unknown") {
		t.Errorf("InTx: %v", err)
	}
	if n := count(t, db, "child"); n != 0 {
		t.Errorf("%d rows", n)
	}
}

// An error of PostgreSQL means "try again later" if the server is stopped or full, or
// ended the session. An error of a statement does not.
func TestWhichCodesMeanUnavailable(t *testing.T) {
	for code, away := range map[string]bool{
		"08000": true, "08006": true, // connection
		"53000": true, "53100": true, "53200": true, "53300": true, // disk full, out of memory, too many connections
		"57014": true, "57P01": true, "57P02": true, "57P03": true, // cancelled, shut down, starting
		"58000": true, "58030": true, // I/O
		"55P03": true,                // lock not available
		"25P03": true, "25P04": true, // the transaction took too long
		"55006": false, "25P02": false, "23505": false, "23503": false, "22001": false, "40001": false, "40P01": false,
		"42601": false, "42P01": false, "54000": false, "XX000": false, "XX001": false, "5": false, "": false,
	} {
		err := fmt.Errorf("reading: %w", &pgconn.PgError{Severity: "ERROR", Code: code})
		if got := database.Unavailable(err); got != away {
			t.Errorf("%q means unavailable: %v, want %v", code, got, away)
		}
	}
	db := databasetest.PostgreSQL(t)
	for code, away := range map[string]bool{"53100": true, "58030": true, "22012": false} {
		raise := func(ctx context.Context, tx *database.Tx) error {
			_, err := tx.SQL.ExecContext(ctx, "DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '"+code+"'; END $$")
			return err
		}
		if err := db.InTx(t.Context(), raise); err == nil || errors.Is(err, database.ErrUnavailable) != away {
			t.Errorf("InTx, %s: %v", code, err)
		}
		if err := db.View(t.Context(), raise); err == nil || errors.Is(err, database.ErrUnavailable) != away {
			t.Errorf("View, %s: %v", code, err)
		}
	}
}

// A caller that leaves during the COMMIT does not make its outcome unknown.
func TestACallerWhoLeavesDuringTheCommitGetsIt(t *testing.T) {
	cut := databasetest.NewProxy(t, databasetest.PostgreSQLDSN(t))
	db := databasetest.Open(t, database.Config{PostgreSQL: cut.DSN})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cut.OnCommit(cancel)
	err := db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error { return organisation(ctx, tx, "o_1", "client") })
	if err != nil {
		t.Errorf("InTx: %v", err)
	}
	if ctx.Err() == nil {
		t.Error("the proxy saw no COMMIT")
	}
}

// If another process holds the SQLite file for longer than the caller waits, the database
// is unavailable.
func TestASQLiteFileOfAnotherProcessIsUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := databasetest.Open(t, database.Config{SQLite: path})
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error { return organisation(ctx, tx, "o_1", "client") })
	if !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("InTx while the file is held: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	insertOrganisation(t, db, "o_1")
}

// A full disk is not an internal error. Nothing of the transaction stays, and work goes
// on when there is room again.
func TestAFullDiskIsUnavailable(t *testing.T) {
	db := databasetest.SQLite(t)
	limit := func(pages string) {
		if _, err := db.Writer().Exec("PRAGMA max_page_count = " + pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // SQLite takes the present size when that is more
	err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
		return tx.InsertOrganisation(ctx, queries.InsertOrganisationParams{ID: "o_1", Kind: "client", Name: strings.Repeat("n", 1<<20)})
	})
	if !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("InTx on a full disk: %v", err)
	}
	limit("1000000")
	insertOrganisation(t, db, "o_1")
}

// A statement that takes too long, and a lock that is not given in time, mean "try again
// later".
func TestPostgreSQLTimeoutsAreUnavailable(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	fill(t, db)
	impatient := func(limit, statement string) error {
		return db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if _, err := tx.SQL.ExecContext(ctx, "SET LOCAL "+limit+" = 50"); err != nil {
				return err
			}
			_, err := tx.SQL.ExecContext(ctx, statement)
			return err
		})
	}
	if err := impatient("statement_timeout", "SELECT pg_sleep(60)"); !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("slow statement: %v", err)
	}
	write(t, db, func(ctx context.Context, tx *database.Tx) error {
		if _, err := tx.ContractStatusForChange(ctx, "c_1"); err != nil {
			return err
		}
		if err := impatient("lock_timeout", "SELECT * FROM contract_status FOR SHARE"); !errors.Is(err, database.ErrUnavailable) {
			t.Errorf("lock not given: %v", err)
		}
		return nil
	})
}

// A broken constraint is the program's mistake, and does not mean "try again later".
func TestConstraintIsNotUnavailable(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		err := db.InTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			return organisation(ctx, tx, "o_1", "neither client nor provider")
		})
		if err == nil || errors.Is(err, database.ErrUnavailable) {
			t.Errorf("InTx: %v", err)
		}
	})
}
