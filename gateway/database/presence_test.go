package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// A process that is alone on a database keeps others out, and is kept out while another
// one works on it.
func TestAProcessAloneKeepsOthersOut(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		first, err := db.Share(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second, err := db.Share(t.Context())
		if err != nil {
			t.Fatalf("beside another: %v", err)
		}
		refused := func(when string) {
			t.Helper()
			if _, err := db.Alone(t.Context()); !errors.Is(err, database.ErrInUse) {
				t.Errorf("%s: %v", when, err)
			}
		}
		refused("beside two")
		if err := first.Leave(); err != nil {
			t.Fatal(err)
		}
		refused("beside one")
		if err := second.Leave(); err != nil {
			t.Fatal(err)
		}
		alone, err := db.Alone(t.Context())
		if err != nil {
			t.Fatalf("when all have left: %v", err)
		}
		refused("beside another who is alone")
		if _, err := db.Share(t.Context()); !errors.Is(err, database.ErrInUse) {
			t.Errorf("shared with a process that is alone: %v", err)
		}
		if err := alone.Leave(); err != nil {
			t.Fatal(err)
		}
		again, err := db.Share(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Leave(); err != nil {
			t.Fatal(err)
		}
	})
}

// holders are the sessions that hold an advisory lock of this database. The server may
// have others, with locks of their own.
const holders = ` FROM pg_locks WHERE locktype = 'advisory'
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// endSessions ends the sessions that hold an advisory lock, like a server that dies.
func endSessions(t *testing.T, db *database.DB) {
	t.Helper()
	if _, err := db.Writer().ExecContext(t.Context(), `SELECT pg_terminate_backend(pid, 60000)`+holders); err != nil {
		t.Fatal(err)
	}
}

// awaitHolder waits until a session holds an advisory lock.
func awaitHolder(t *testing.T, db *database.DB) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var held bool
		if err := db.Reader().QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1`+holders+`)`).Scan(&held); err != nil {
			t.Fatal(err)
		}
		if held {
			return
		}
	}
	t.Fatal("the lock is not taken again")
}

// A lock is of one database. Other processes work on other databases of the same server.
func TestPresenceIsOfOneDatabase(t *testing.T) {
	db, other := databasetest.PostgreSQL(t), databasetest.PostgreSQL(t)
	p, err := db.Share(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alone, err := other.Alone(t.Context())
	if err != nil {
		t.Fatalf("alone on another database: %v", err)
	}
	endSessions(t, db)
	if _, err := other.Share(t.Context()); !errors.Is(err, database.ErrInUse) {
		t.Errorf("ending the sessions of one database ended those of another: %v", err)
	}
	if err := errors.Join(p.Leave(), alone.Leave()); err != nil {
		t.Error(err)
	}
}

// A lock dies with its session and not with the process. The process takes the lock
// again, or stops if another process has it.
func TestPresenceOutlivesItsSession(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	run := func(t *testing.T, p *database.Presence) (stop func() error) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		return func() error { cancel(); return <-ended }
	}
	t.Run("taken again", func(t *testing.T) {
		p, err := db.Share(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		endSessions(t, db)
		stop := run(t, p)
		awaitHolder(t, db)
		if _, err := db.Alone(t.Context()); !errors.Is(err, database.ErrInUse) {
			t.Errorf("alone beside a process that goes on: %v", err)
		}
		if err := errors.Join(stop(), p.Leave()); err != nil {
			t.Error(err)
		}
	})
	t.Run("too late", func(t *testing.T) {
		p, err := db.Share(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		endSessions(t, db)
		alone, err := db.Alone(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Run(t.Context()); !errors.Is(err, database.ErrInUse) {
			t.Errorf("it went on beside a process that is alone: %v", err)
		}
		if err := errors.Join(p.Leave(), alone.Leave()); err != nil {
			t.Error(err)
		}
	})
	t.Run("left without it", func(t *testing.T) {
		p, err := db.Share(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		endSessions(t, db)
		if err := p.Leave(); err != nil {
			t.Errorf("leaving a session that has died: %v", err)
		}
	})
}
