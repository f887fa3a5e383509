package audit_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// yearEvents is how many events the ledgers of BenchmarkLarge hold together.
const yearEvents = 5_000_000

// BenchmarkLarge asks ledgers of five million events, on both engines, everything that
// can be asked:
//
//	BORDEREAU_TEST_LARGE=1 BORDEREAU_TEST_LARGE_DIR=/short/path go test -run '^$' -bench Large -benchtime 300x ./audit
//
// The ledgers are made first, which takes minutes; with a folder named they stay, and the
// next run begins at once.
func BenchmarkLarge(b *testing.B) {
	needs.Large(b)
	dir := os.Getenv("BORDEREAU_TEST_LARGE_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	for _, engine := range []string{"sqlite", "postgresql"} {
		b.Run(engine, func(b *testing.B) { benchmarkLarge(b, openLarge(b, engine, filepath.Join(dir, engine))) })
	}
}

func openLarge(b *testing.B, engine, dir string) *database.DB {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	var db *database.DB
	if engine == "sqlite" {
		db = databasetest.Open(b, database.Config{SQLite: filepath.Join(dir, "bordereau.db")})
	} else {
		db = databasetest.Open(b, database.Config{PostgreSQL: databasetest.KeptServer(b, dir).KeptDSN()})
	}
	migrate(b, db)
	fillYear(b, db)
	return db
}

// fillYear makes the year unless it is there.
func fillYear(b *testing.B, db *database.DB) {
	ledger := open(b, config(db))
	if ledgers, err := ledger.Ledgers(b.Context()); err != nil || len(ledgers) > 0 {
		if err != nil {
			b.Fatal(err)
		}
		return
	}
	began := time.Now()
	y, filler := newYear(), ledger.NewFiller()
	total := 0
	for d := range y.days {
		for batch := range chunks(y.day(d, yearEvents/y.days), 5000) {
			if err := filler.Fill(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			total += len(batch)
		}
	}
	if db.PostgreSQL() {
		run(b, db, `ANALYZE`) // as PostgreSQL does by itself in time; nothing does it to SQLite
	}
	b.Logf("made %d events in %s", total, time.Since(began).Round(time.Second))
}

func chunks(events []event.Event, n int) iter.Seq[[]event.Event] {
	return func(yield func([]event.Event) bool) {
		for len(events) > 0 && yield(events[:min(n, len(events))]) {
			events = events[min(n, len(events)):]
		}
	}
}

// run executes a statement that may take minutes.
func run(b *testing.B, db *database.DB, statement string) {
	b.Helper()
	conn, err := db.Writer().Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	if db.PostgreSQL() {
		statement = `SET statement_timeout = 0; ` + statement + `; SET statement_timeout = 30000`
		for _, s := range strings.Split(statement, "; ") {
			if _, err := conn.ExecContext(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	if _, err := conn.ExecContext(b.Context(), statement); err != nil {
		b.Fatal(err)
	}
}

func benchmarkLarge(b *testing.B, db *database.DB) {
	c := config(db)
	c.Clock = func() time.Time { return yearEnd }
	ledger := open(b, c)
	known := sample(b, ledger)
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() event.Event { return known[r.IntN(len(known))] }

	for _, f := range largeFilters {
		b.Run("filter/"+f.name, func(b *testing.B) {
			timed(b, func() error {
				q := f.query(pick, r)
				q.Ledger = client(1)
				_, _, err := ledger.Query(b.Context(), q)
				return err
			})
		})
	}
	for _, f := range largeFilters {
		b.Run("count/"+f.name, func(b *testing.B) {
			timed(b, func() error {
				q := f.query(pick, r)
				q.Ledger, q.Cursor = client(1), ""
				_, _, err := ledger.Count(b.Context(), q)
				return err
			})
		})
	}
	for _, a := range largeQuestions {
		b.Run("question/"+a.name, func(b *testing.B) {
			timed(b, func() error {
				ask := a.ask(pick, r)
				ask.Ledger = client(1)
				_, err := ledger.Ask(b.Context(), ask)
				return err
			})
		})
	}
	benchmarkProofs(b, ledger, r)
	b.Run("verify", func(b *testing.B) { benchmarkVerify(b, ledger) })
}

// sample is events from all over the year.
func sample(b *testing.B, ledger *audit.Ledger) []event.Event {
	tree, err := ledger.Tree(b.Context(), client(1))
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	var known []event.Event
	for len(known) < 500 {
		page, _, err := ledger.Query(b.Context(), ask.Query{Ledger: client(1), Cursor: fmt.Sprint(1 + r.Int64N(tree.Size())), Limit: 1})
		if err != nil {
			b.Fatal(err)
		}
		if page[0].Document != "" && page[0].Site != "" {
			known = append(known, page...)
		}
	}
	return known
}

// timed measures b.N calls and reports how long the middle one and the slowest hundredth
// took.
func timed(b *testing.B, call func() error) {
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := call(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	sortDurations(took)
	b.ReportMetric(float64(quantile(took, 0.50).Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(quantile(took, 0.99).Microseconds())/1000, "p99-ms")
}

type pickFunc func() event.Event

func someWeek(r *rand.Rand) (from, to time.Time) {
	from = yearEnd.AddDate(0, 0, -7-r.IntN(350))
	return from, from.AddDate(0, 0, 7)
}

// largeFilters is every filter, with what is common and what is rare, and combinations
// that people use.
var largeFilters = []struct {
	name  string
	query func(pick pickFunc, r *rand.Rand) ask.Query
}{
	{"none", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{} }},
	{"cursor", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Cursor: fmt.Sprint(pick().Seq)} }},
	{"actor", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Actor: pick().Actor} }},
	{"actor-unknown", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Actor: "p_nobody"} }},
	{"organisation", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Organisation: pick().Organisation} }},
	{"contract", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Contract: pick().Contract} }},
	{"provider", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Provider: pick().Provider} }},
	{"batch", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Batch: pick().Batch} }},
	{"document", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Document: pick().Document} }},
	{"site", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Site: pick().Site} }},
	{"country", func(pick pickFunc, _ *rand.Rand) ask.Query { return ask.Query{Country: pick().Country} }},
	{"role-common", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Role: "handler"} }},
	{"role-rare", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Role: "contract-manager"} }},
	{"action-common", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Action: "document.read"} }},
	{"action-rare", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Action: "role.grant"} }},
	{"action-never", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Action: "document.inspect"} }},
	{"kind-common", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Kind: event.KindContent} }},
	{"kind-rare", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Kind: event.KindAccess} }},
	{"phase-grant", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Phase: event.PhaseGrant} }},
	{"phase-aborted", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Phase: event.PhaseAborted} }},
	{"phase-unknown", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Phase: event.PhaseUnknown} }},
	{"outcome-allow", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Outcome: event.OutcomeAllow} }},
	{"outcome-deny", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Outcome: event.OutcomeDeny} }},
	{"outcome-error", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Outcome: event.OutcomeError} }},
	{"reason-rare", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Reason: "contract-expired"} }},
	{"reason-never", func(pickFunc, *rand.Rand) ask.Query { return ask.Query{Reason: "no-such-reason"} }},
	{"week", func(_ pickFunc, r *rand.Rand) ask.Query {
		from, to := someWeek(r)
		return ask.Query{From: from, To: to}
	}},
	{"actor-week", func(pick pickFunc, r *rand.Rand) ask.Query {
		from, to := someWeek(r)
		return ask.Query{Actor: pick().Actor, From: from, To: to}
	}},
	{"provider-action-month", func(pick pickFunc, r *rand.Rand) ask.Query {
		from, _ := someWeek(r)
		return ask.Query{Provider: pick().Provider, Action: "document.receive", From: from, To: from.AddDate(0, 0, 30)}
	}},
	{"contract-denied", func(pick pickFunc, _ *rand.Rand) ask.Query {
		return ask.Query{Contract: pick().Contract, Outcome: event.OutcomeDeny}
	}},
	{"actor-denied-week", func(pick pickFunc, r *rand.Rand) ask.Query {
		from, to := someWeek(r)
		return ask.Query{Actor: pick().Actor, Outcome: event.OutcomeDeny, From: from, To: to}
	}},
	{"denied-week", func(_ pickFunc, r *rand.Rand) ask.Query {
		from, to := someWeek(r)
		return ask.Query{Outcome: event.OutcomeDeny, From: from, To: to}
	}},
	{"actor-document", func(pick pickFunc, _ *rand.Rand) ask.Query {
		return ask.Query{Actor: pick().Actor, Document: pick().Document}
	}},
	{"country-site-provider", func(pick pickFunc, _ *rand.Rand) ask.Query {
		e := pick()
		return ask.Query{Country: e.Country, Site: e.Site, Provider: e.Provider}
	}},
	{"site-never-by-actor", func(pick pickFunc, _ *rand.Rand) ask.Query {
		return ask.Query{Actor: pick().Actor, Site: "nowhere"}
	}},
	{"actor-at-other-site", func(pick pickFunc, _ *rand.Rand) ask.Query {
		return ask.Query{Actor: pick().Actor, Site: pick().Site}
	}},
}

var largeQuestions = []struct {
	name string
	ask  func(pick pickFunc, r *rand.Rand) ask.Ask
}{
	{"who-read-document", func(pick pickFunc, _ *rand.Rand) ask.Ask {
		return ask.Ask{Question: "who-read", Query: ask.Query{Document: pick().Document}}
	}},
	{"who-read-batch", func(pick pickFunc, _ *rand.Rand) ask.Ask {
		return ask.Ask{Question: "who-read", Query: ask.Query{Batch: pick().Batch}}
	}},
	{"who-read-contract", func(pick pickFunc, _ *rand.Rand) ask.Ask {
		return ask.Ask{Question: "who-read", Query: ask.Query{Contract: pick().Contract}}
	}},
	{"activity-of", func(pick pickFunc, _ *rand.Rand) ask.Ask {
		return ask.Ask{Question: "activity-of", Query: ask.Query{Actor: pick().Actor}}
	}},
	{"denials", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "denials"} }},
	{"denials-first", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "denials", Which: "first"} }},
	{"repeated-denials", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "repeated-denials"} }},
	{"repeated-denials-year", func(pickFunc, *rand.Rand) ask.Ask {
		return ask.Ask{Question: "repeated-denials", Query: ask.Query{From: yearEnd.AddDate(-1, 0, 0)}}
	}},
	{"outside-refused", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "outside-hours-or-country"} }},
	{"outside-country", func(pickFunc, *rand.Rand) ask.Ask {
		return ask.Ask{Question: "outside-hours-or-country", Countries: []string{"TN", "MG", "MA", "FR"}}
	}},
	{"outside-hours", func(pickFunc, *rand.Rand) ask.Ask {
		return ask.Ask{Question: "outside-hours-or-country", Hours: "06:00-21:00"}
	}},
	{"most-read", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "most-read"} }},
	{"most-read-contract", func(pick pickFunc, _ *rand.Rand) ask.Ask {
		return ask.Ask{Question: "most-read", Query: ask.Query{Contract: pick().Contract}}
	}},
	{"most-reading", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "most-reading"} }},
	{"expired-still-asked", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "expired-still-asked"} }},
	{"access-changes", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "access-changes"} }},
	{"audit-of-audit", func(pickFunc, *rand.Rand) ask.Ask { return ask.Ask{Question: "audit-of-audit"} }},
}

// benchmarkProofs proves events and growth against the newest tree. The tiles are made
// and kept by the first proof; that one is not in the figures.
func benchmarkProofs(b *testing.B, ledger *audit.Ledger, r *rand.Rand) {
	prove := func(what func(ctx context.Context, tree *audit.Tree) error) func() error {
		return func() error {
			tree, err := ledger.Tree(b.Context(), client(1))
			if err != nil {
				return err
			}
			return what(b.Context(), tree)
		}
	}
	inclusion := prove(func(ctx context.Context, tree *audit.Tree) error {
		_, err := tree.ProveEvent(ctx, r.Int64N(tree.Size()))
		return err
	})
	consistency := prove(func(ctx context.Context, tree *audit.Tree) error {
		_, err := tree.ProveConsistency(ctx, 1+r.Int64N(tree.Size()))
		return err
	})
	for range 2000 {
		if err := inclusion(); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("proof/inclusion", func(b *testing.B) { timed(b, inclusion) })
	b.Run("proof/consistency", func(b *testing.B) { timed(b, consistency) })
}

// benchmarkVerify verifies a ledger of a tenth of a client's share once, whatever b.N is.
func benchmarkVerify(b *testing.B, ledger *audit.Ledger) {
	name := client(2)
	signed, err := ledger.Checkpoint(b.Context(), name)
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	report, err := verify.Copy(b.Context(), rowsToVerify(b.Context(), ledger, name),
		verify.Evidence{Ledger: name, Key: ledger.VerifierKey(name), Checkpoint: signed})
	if err != nil || !report.OK() {
		b.Fatalf("%+v, %v", report, err)
	}
	b.ReportMetric(float64(report.Events)/time.Since(began).Seconds(), "events/s")
}

// rowsToVerify gives stored rows as the verifier takes them.
func rowsToVerify(ctx context.Context, ledger *audit.Ledger, name string) iter.Seq2[verify.Row, error] {
	return func(yield func(verify.Row, error) bool) {
		for r, err := range ledger.Copy(ctx, name) {
			row := verify.Row{Seq: r.Seq, Leaf: r.Leaf, Private: r.Opening, Columns: r.Columns}
			if !yield(row, err) {
				return
			}
		}
	}
}
