package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// BenchmarkAppend is durable events that go with no change of state.
func BenchmarkAppend(b *testing.B) {
	benchmark(b, func(ctx context.Context, ledger *audit.Ledger, _ *sql.DB, name string, e event.Event) error {
		_, err := ledger.Append(ctx, name, e)
		return err
	})
}

// BenchmarkStage is acts that change nothing but the ledger: stage, commit, wait until durable. The act's own commit is
// in the figure; on SQLite, where commits queue for the one writer, it is most of it.
func BenchmarkStage(b *testing.B) {
	benchmark(b, func(ctx context.Context, ledger *audit.Ledger, writer *sql.DB, name string, e event.Event) error {
		ticket, err := stage(ctx, ledger, writer, name, e)
		if err != nil {
			return err
		}
		_, err = ledger.Wait(ctx, ticket)
		return err
	})
}

type appendFunc func(ctx context.Context, ledger *audit.Ledger, writer *sql.DB, name string, e event.Event) error

func benchmark(b *testing.B, one appendFunc) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *database.DB
	}{{"sqlite", databasetest.SQLite}, {"postgresql", databasetest.PostgreSQL}} {
		for _, ledgers := range []int{1, 100} {
			for _, appenders := range []int{1, 16, 128} {
				b.Run(fmt.Sprintf("%s/ledgers=%d/appenders=%d", engine.name, ledgers, appenders), func(b *testing.B) {
					benchmarkOn(b, engine.open(b), ledgers, appenders, one)
				})
			}
		}
	}
}

func benchmarkOn(b *testing.B, db *database.DB, ledgers, appenders int, one appendFunc) {
	migrate(b, db)
	ledger := open(b, config(db))
	start(b, ledger)
	var taken atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for range appenders {
		group.Go(func() {
			for n := int(taken.Add(1)); n <= b.N; n = int(taken.Add(1)) {
				if err := one(b.Context(), ledger, db.Writer(), client(n%ledgers), read(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
