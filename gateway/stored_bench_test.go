package gateway_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/database/queries"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/policy"
)

// BenchmarkDecideStored decides about random contracts of thirty classes each, all stored
// in a database, with facts that are read from it. It reports the parts of a decision:
// facts, the compiled contract, and deciding itself. "warm" is about 200 contracts in
// use, and "cold" about any of all. heap-MB is the size of the full cache, with every
// class of every version in use.
//
//	go test ./gateway -run '^$' -bench DecideStored -benchtime 2000x
func BenchmarkDecideStored(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *database.DB{"sqlite": databasetest.SQLite, "postgresql": databasetest.PostgreSQL} {
		for _, contracts := range []int{10, 1_000, 100_000} {
			if contracts > 10 && testing.Short() {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", name, contracts), func(b *testing.B) {
				w := gatewaytest.New(b, gatewaytest.Config{Database: open(b)}).World(b)
				ids := storeContracts(b, w, contracts)
				b.Run("warm", func(b *testing.B) { decideAmong(b, w, ids[:min(contracts, 200)]) })
				b.Run("cold", func(b *testing.B) { decideAmong(b, w, ids) })
				b.Run("memory", func(b *testing.B) { fillCache(b, w, ids) })
			})
		}
	}
}

// storeContracts writes contracts in force, on each of which the world's handler has the
// role. It writes them as rows, because the acts would take minutes, and the measured
// code reads the same.
func storeContracts(b *testing.B, w *gatewaytest.World, n int) []gateway.ContractID {
	b.Helper()
	text := []byte(strings.NewReplacer(manyClient, string(w.Client), manyProvider, string(w.Provider)).Replace(string(manyClasses())))
	now := w.Clock.Now().Add(-time.Hour).UnixMicro()
	var ids []gateway.ContractID
	for n := range slices.Chunk(make([]struct{}, n), 1000) {
		err := w.Database.InTx(b.Context(), func(ctx context.Context, tx *database.Tx) error {
			for range n {
				id := policy.NewID("c")
				if _, err := tx.InsertContract(ctx, queries.InsertContractParams{ID: policy.ContractID(id), Client: w.Client, Provider: w.Provider, Reference: id, Created: queries.Micros(now)}); err != nil {
					return err
				}
				if err := tx.InsertContractVersion(ctx, queries.InsertContractVersionParams{Contract: policy.ContractID(id), Version: 1, Terms: text, Digest: []byte{0},
					ProposedBy: w.Manager.Person, Proposed: queries.Micros(now), EffectiveFrom: queries.Micros(now)}); err != nil {
					return err
				}
				if _, err := tx.ApproveVersionFrom(ctx, queries.ApproveVersionFromParams{Contract: policy.ContractID(id), Version: 1, ApprovedBy: w.Approver.Person, Approved: queries.Micros(now), EffectiveFrom: queries.Micros(now)}); err != nil {
					return err
				}
				if err := tx.InsertContractStatus(ctx, queries.InsertContractStatusParams{ID: policy.NewID("s"), Contract: policy.ContractID(id), Status: "active", ChangedBy: "system", ValidFrom: queries.Micros(now)}); err != nil {
					return err
				}
				if err := tx.InsertMembership(ctx, queries.InsertMembershipParams{ID: policy.MembershipID(policy.NewID("m")), Contract: policy.ContractID(id), Person: w.Handler.Person,
					Role: "handler", GrantedBy: w.Manager.Person, ValidFrom: queries.Micros(now), ValidUntil: 1<<63 - 1}); err != nil {
					return err
				}
				ids = append(ids, gateway.ContractID(id))
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if w.Database.PostgreSQL() { // as its own statistics would say soon
		if _, err := w.Database.Writer().ExecContext(b.Context(), "ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	return ids
}

func decideAmong(b *testing.B, w *gatewaytest.World, ids []gateway.ContractID) {
	r := rand.New(rand.NewPCG(1, uint64(len(ids))))
	f := readingFacts("form-17")
	one := func() gateway.Timed {
		spent, d, err := w.Gateway.TimeDecision(b.Context(), w.Handler, ids[r.IntN(len(ids))], f)
		if err != nil || !d.Allowed {
			b.Fatalf("%+v, %v", d, err)
		}
		return spent
	}
	for range 2 * min(len(ids), 200) { // the cache holds what fits
		one()
	}
	var facts, compile, decide []time.Duration
	for b.Loop() {
		spent := one()
		facts, compile, decide = append(facts, spent.Facts), append(compile, spent.Compile), append(decide, spent.Decide)
	}
	for name, all := range map[string][]time.Duration{"facts": facts, "compiled": compile, "decide": decide} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Nanoseconds())/1000, name+"-p50-µs")
	}
	b.ReportMetric(float64(decide[len(decide)*99/100].Nanoseconds())/1000, "decide-p99-µs")
}

// fillCache asks about every class of more and more contracts, until the cache is full or
// there are no more.
func fillCache(b *testing.B, w *gatewaytest.World, ids []gateway.ContractID) {
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	fresh := w.At(w.Replica(b))
	before := heap()
	one := func(i int) {
		f := readingFacts(fmt.Sprintf("form-%d", i%28))
		if _, d, err := fresh.Gateway.TimeDecision(b.Context(), w.Handler, ids[i/28%len(ids)], f); err != nil || !d.Allowed {
			b.Fatalf("%d: %+v, %v", i, d, err)
		}
	}
	for i := range 28 * min(len(ids), 400) { // more than fits
		one(i)
	}
	for i := 0; b.Loop(); i++ {
		one(i)
	}
	versions, weight := fresh.Gateway.HeldContracts()
	b.ReportMetric(heap()-before, "heap-MB")
	b.ReportMetric(float64(versions), "versions")
	b.ReportMetric(float64(weight), "enforcers")
	runtime.KeepAlive(fresh)
}
