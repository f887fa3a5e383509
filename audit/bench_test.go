package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
)

// BenchmarkAppend makes events without a change of state durable.
func BenchmarkAppend(b *testing.B) {
	benchmark(b, func(ctx context.Context, ledger *audit.Ledger, _ *sql.DB, name string, e event.Event) error {
		_, err := ledger.Append(ctx, name, e)
		return err
	})
}

// BenchmarkStage runs acts that change nothing but the ledger: outbox, commit, wait until
// durable. The act's own commit is in the figure; on SQLite, where commits queue for the
// one writer, it is most of it.
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

// benchmark runs one at 1, 16 and 128 at a time, over 1, 100 and 1,000 ledgers, in one
// process and in three on one PostgreSQL. SQLite has one process.
func benchmark(b *testing.B, one appendFunc) {
	for _, engine := range []struct {
		name     string
		open     func(testing.TB) *database.DB
		replicas []int
	}{{"sqlite", databasetest.SQLite, []int{1}}, {"postgresql", databasetest.PostgreSQL, []int{1, 3}}} {
		for _, replicas := range engine.replicas {
			for _, ledgers := range []int{1, 100, 1000} {
				if ledgers == 1000 && testing.Short() {
					continue
				}
				for _, appenders := range []int{1, 16, 128} {
					name := fmt.Sprintf("%s/replicas=%d/ledgers=%d/appenders=%d", engine.name, replicas, ledgers, appenders)
					b.Run(name, func(b *testing.B) {
						benchmarkOn(b, engine.open(b), replicas, ledgers, appenders, one)
					})
				}
			}
		}
	}
}

func benchmarkOn(b *testing.B, db *database.DB, replicas, ledgers, appenders int, one appendFunc) {
	migrate(b, db)
	var nodes []*audit.Ledger
	for range replicas {
		ledger := open(b, config(db))
		start(b, ledger)
		nodes = append(nodes, ledger)
	}
	var taken atomic.Int64
	var group sync.WaitGroup
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for i := range appenders {
		node := nodes[i%replicas]
		group.Go(func() {
			for n := int(taken.Add(1)); n <= b.N; n = int(taken.Add(1)) {
				began := time.Now()
				if err := one(b.Context(), node, db.Writer(), client(n%ledgers), read(n)); err != nil {
					b.Error(err)
					return
				}
				took[n-1] = time.Since(began)
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	var turns float64
	if err := db.Reader().QueryRowContext(b.Context(), `SELECT round FROM audit_sequencer`).Scan(&turns); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/turns, "events/round")
	sortDurations(took)
	b.ReportMetric(float64(quantile(took, 0.50).Microseconds())/1000, "p50-ms")
}
