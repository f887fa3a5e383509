package audit_test

import (
	"strings"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/gateway/database"
)

// TestMemorySparesReads: a batch reads no head and no event that this process wrote last,
// and reads again what another process may have changed.
func TestMemorySparesReads(t *testing.T) {
	eachFaulty(t, func(t *testing.T, db *database.DB, c audit.Config, writes, _ *faults) {
		ledger, other := open(t, c), open(t, config(db))
		var heads, leaves int
		seen := func(query string) {
			if strings.Contains(query, "JOIN audit_head h") {
				heads++
			}
			if strings.Contains(query, "e.leaf FROM") || strings.Contains(query, "leaf FROM audit_event") {
				leaves++
			}
		}
		writes.seen.Store(&seen)
		round := func(of *audit.Ledger, name string, n int) (readHeads, readLeaves int) {
			t.Helper()
			heads, leaves = 0, 0
			for i := range n {
				mustStage(t, of, db, name, read(i))
			}
			if err := of.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			return heads, leaves
		}
		for i, tt := range []struct {
			of            *audit.Ledger
			name          string
			n             int
			heads, leaves int
		}{
			{ledger, client(1), 60, 1, 0},
			{ledger, client(1), 10, 0, 0}, // fills a block
			{ledger, client(2), 1, 1, 0},
			{ledger, client(1), 1, 0, 0},
			{other, client(3), 1, 0, 0}, // and the heads have to be read again
			{ledger, client(1), 60, 1, 0},
			{ledger, client(2), 1, 1, 0},
			{other, client(2), 1, 0, 0}, // and the block is not all of ours
			{ledger, client(2), 70, 1, 1},
			{ledger, client(2), 70, 0, 0},
			{ledger, client(2), 1, 0, 0},
			{ledger, client(2), 0, 0, 0}, // an empty round is rolled back, and was none
			{ledger, client(2), 1, 0, 0},
		} {
			if heads, leaves := round(tt.of, tt.name, tt.n); heads != tt.heads || leaves != tt.leaves {
				t.Errorf("round %d read heads %d times and leaves %d times, want %d and %d", i, heads, leaves, tt.heads, tt.leaves)
			}
		}
		for n := range 3 {
			consistent(t, db, ledger, client(n+1))
		}
	})
}

// TestIndexRowsThatWereThereAlready do not stop the sequencer: the owner of the tables
// put one where the next block's belong, and the next attempt looks for it.
func TestIndexRowsThatWereThereAlready(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		round := func(n int) {
			t.Helper()
			for i := range n {
				mustStage(t, ledger, db, client(1), read(i))
			}
			if err := ledger.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		round(60)
		execute(t, db, `INSERT INTO audit_index VALUES ('`+client(1)+`', 2, 'content', 0, -1)`)
		round(10)
		consistent(t, db, ledger, client(1))
	})
}
