package verify_test

import (
	"context"
	"testing"

	"github.com/bordereau/bordereau/audit/verify"
)

// BenchmarkCopy verifies a whole copy: leaves, tree, commitments, index and grants.
func BenchmarkCopy(b *testing.B) {
	const n = 10000
	l := newLedger(b, n)
	key, vkey := newKey(b, origin, "log")
	against := verify.Evidence{Ledger: client, Key: vkey, Checkpoint: l.checkpoint(b, n, key)}
	b.ReportAllocs()
	for b.Loop() {
		report, err := verify.Copy(context.Background(), copyOf(l.rows), against)
		if err != nil || !report.OK() {
			b.Fatal(err, report)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
