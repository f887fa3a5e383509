package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
)

// PostgreSQL goes away, also in the middle of a transaction, and comes back: what was acknowledged is there, and the same
// DB works again.
func TestServerAway(t *testing.T) {
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

// The server commits and its answer is lost: the caller hears that the outcome is unknown, and nothing runs twice.
func TestLostAnswerToCommit(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	cut := newCuttingProxy(t, dsn)
	direct := databasetest.Open(t, database.Config{PostgreSQL: dsn})
	db := databasetest.Open(t, database.Config{PostgreSQL: cut.dsn})

	runs := 0
	cut.armed.Store(true)
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

// A caller that goes away during the COMMIT does not make its outcome unknown.
func TestCancelledDuringCommit(t *testing.T) {
	cut := newCuttingProxy(t, databasetest.PostgreSQLDSN(t))
	db := databasetest.Open(t, database.Config{PostgreSQL: cut.dsn})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cut.onCommit.Store(&cancel)
	err := db.InTx(ctx, func(ctx context.Context, tx *database.Tx) error { return organisation(ctx, tx, "o_1", "client") })
	if err != nil {
		t.Errorf("InTx: %v", err)
	}
	if ctx.Err() == nil {
		t.Error("the proxy saw no COMMIT")
	}
}

// cuttingProxy stands between pgx and the server. Armed, it lets one COMMIT through, waits for the answer and cuts the
// connection instead of passing it on.
type cuttingProxy struct {
	dsn      string
	armed    atomic.Bool
	onCommit atomic.Pointer[context.CancelFunc]
}

func newCuttingProxy(t *testing.T, dsn string) *cuttingProxy {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	port := listener.Addr().(*net.TCPAddr).Port
	p := &cuttingProxy{dsn: fmt.Sprintf("host=127.0.0.1 port=%d user=%s password='%s' dbname=%s sslmode=disable",
		port, config.User, config.Password, config.Database)}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client, config)
		}
	}()
	return p
}

func (p *cuttingProxy) serve(client net.Conn, config *pgx.ConnConfig) {
	defer client.Close()
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	server, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer server.Close()
	cut := make(chan struct{})
	go func() {
		defer server.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := client.Read(buffer)
			if bytes.Contains(bytes.ToLower(buffer[:n]), []byte("commit\x00")) {
				if cancel := p.onCommit.Load(); cancel != nil {
					(*cancel)()
				}
				if p.armed.Swap(false) {
					close(cut)
				}
			}
			if err != nil {
				return
			}
			server.Write(buffer[:n])
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		select {
		case <-cut:
			return
		default:
		}
		if err != nil {
			return
		}
		client.Write(buffer[:n])
	}
}

// Another process holds the SQLite file for longer than the caller waits.
func TestSQLiteHeldByAnotherProcess(t *testing.T) {
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

// A full disk is not an internal error, nothing of the transaction stays, and work goes on when there is room again.
func TestSQLiteFull(t *testing.T) {
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

// A statement that takes too long, and a lock that is not given in time, mean: try again later.
func TestPostgreSQLTimeouts(t *testing.T) {
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

// A broken constraint is the program's mistake, not an absence.
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
