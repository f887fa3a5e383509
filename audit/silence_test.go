package audit_test

import (
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// TestASequencerOnSilentConnections: the connections of a process go silent without an
// end, as after a failover. It sequences again, though it was idle when that happened.
func TestASequencerOnSilentConnections(t *testing.T) {
	dsn := databasetest.PostgreSQLDSN(t)
	proxy := databasetest.NewProxy(t, dsn)
	through, direct := databasetest.Open(t, database.Config{PostgreSQL: proxy.DSN, Patience: time.Second}),
		databasetest.Open(t, database.Config{PostgreSQL: dsn})
	migrate(t, direct)
	c := config(through)
	c.Poll = time.Millisecond
	ledger := open(t, c)
	start(t, ledger)
	if _, err := ledger.Append(t.Context(), client(1), read(1)); err != nil {
		t.Fatal(err)
	}
	proxy.Silence()
	mustStage(t, open(t, config(direct)), direct, client(1), read(2)) // in the outbox of a process that died
	for {
		if n := count(t, direct, "audit_event"); n == 2 {
			break
		}
		if err := t.Context().Err(); err != nil {
			t.Fatal("nothing is sequenced any more")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestAStoppedHolderOfTheRound: a process stands still in the middle of a round, as a
// paused machine does. The server ends its session soon, and another process goes on.
func TestAStoppedHolderOfTheRound(t *testing.T) {
	db := databasetest.PostgreSQL(t)
	migrate(t, db)
	c := config(db)
	holder, err := db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Rollback()
	ledger := open(t, c)
	if err := ledger.TakeRound(t.Context(), holder); err != nil {
		t.Fatal(err)
	}
	var limit string
	if err := holder.QueryRowContext(t.Context(), `SHOW idle_in_transaction_session_timeout`).Scan(&limit); err != nil || limit != "3s" {
		t.Errorf("a session may stand still in a round for %s: %v", limit, err)
	}
	mustStage(t, ledger, db, client(1), read(1))
	if err := ledger.Settle(t.Context()); err != nil { // it waits for the row at most as long as a round
		t.Errorf("beside a process that stands still: %v", err)
	}
}
