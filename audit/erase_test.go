package audit_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/audit"
	"github.com/bordereau/bordereau/audit/ask"
	"github.com/bordereau/bordereau/audit/event"
	"github.com/bordereau/bordereau/audit/verify"
	"github.com/bordereau/bordereau/gateway/database"
	"github.com/bordereau/bordereau/gateway/database/databasetest"
	"github.com/bordereau/bordereau/gateway/gatewaytest/needs"
)

// erase commits one batch.
func erase(t *testing.T, ledger *audit.Ledger, db *database.DB, e audit.PrivateErasure) audit.PrivateErased {
	t.Helper()
	tx, err := db.Writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	done, err := ledger.ErasePrivate(t.Context(), tx, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return done
}

func everything(ask.Erasable) bool { return true }

// erased lists the events of the ledger without erasable data.
func erased(t *testing.T, ledger *audit.Ledger, name string) []int64 {
	t.Helper()
	var seqs []int64
	for row, err := range ledger.Copy(t.Context(), name) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Opening == nil {
			seqs = append(seqs, row.Seq)
		}
	}
	return seqs
}

// tenEvents are in a ledger, one a minute from noon on, and one is in another. 3 and 7
// are refusals; the actors are p_0, p_1, p_2 by rounds.
func tenEvents(t *testing.T, db *database.DB) *audit.Ledger {
	t.Helper()
	migrate(t, db)
	ledger := open(t, config(db))
	var events []event.Event
	for n := range 11 {
		e := read(n)
		e.Ledger, e.Contract, e.Occurred = client(1+n/10), fmt.Sprintf("c_%d", n/5), noon.Add(time.Duration(n)*time.Minute)
		if n%4 == 3 {
			e.Outcome, e.Reason = event.OutcomeDeny, "no-lease"
		}
		events = append(events, e)
	}
	if err := ledger.NewFiller().Fill(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	return ledger
}

func TestErasePrivate(t *testing.T) {
	needs.Parallel(t)
	for name, tt := range map[string]struct {
		erase audit.PrivateErasure
		want  []int64
		done  audit.PrivateErased
	}{
		"a class":             {audit.PrivateErasure{Class: event.RetainContent}, []int64{0, 1, 2, 4, 5, 6, 8, 9}, audit.PrivateErased{To: 10, Erased: 8}},
		"refusals":            {audit.PrivateErasure{Class: event.RetainDenial}, []int64{3, 7}, audit.PrivateErased{To: 10, Erased: 2}},
		"a class without any": {audit.PrivateErasure{Class: event.RetainAudit}, nil, audit.PrivateErased{To: 10}},
		"before a time":       {audit.PrivateErasure{Class: event.RetainContent, Before: noon.Add(2 * time.Minute)}, []int64{0, 1}, audit.PrivateErased{To: 2, Erased: 2}},
		"before everything":   {audit.PrivateErasure{Before: noon}, nil, audit.PrivateErased{}},
		"from an event on":    {audit.PrivateErasure{From: 8}, []int64{8, 9}, audit.PrivateErased{From: 8, To: 10, Erased: 2}},
		"from after the end":  {audit.PrivateErasure{From: 12}, nil, audit.PrivateErased{From: 12, To: 12}},
		"a person's after it": {audit.PrivateErasure{From: 12, Actor: "p_1"}, nil, audit.PrivateErased{From: 12, To: 12}},
		"a person":            {audit.PrivateErasure{Actor: "p_1"}, []int64{1, 4, 7}, audit.PrivateErased{To: 10, Erased: 3}},
		"not what is kept": {audit.PrivateErasure{Actor: "p_1", Due: func(h ask.Erasable) bool {
			return h.Class != event.RetainDenial && h.Document != "d_4" && h.Contract == "c_0" && h.Actor == "p_1" && !h.Time.Before(noon)
		}}, []int64{1}, audit.PrivateErased{To: 10, Erased: 1, Kept: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				ledger := tenEvents(t, db)
				request, done := tt.erase, tt.done // of its own for each engine
				if request.Before.IsZero() {
					request.Before = noon.Add(time.Hour)
				}
				if request.Due == nil {
					request.Due = everything
				}
				request.Ledger, done.Done = client(1), true
				if diff := cmp.Diff(done, erase(t, ledger, db, request)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if diff := cmp.Diff(tt.want, erased(t, ledger, client(1))); diff != "" {
					t.Errorf("erased (-want +got):\n%s", diff)
				}
				if other := erased(t, ledger, client(2)); len(other) > 0 {
					t.Errorf("erased in another ledger: %v", other)
				}
				verified(t, ledger, client(1)) // every commitment, and the root
			})
		})
	}
}

// Erasing goes batch by batch, may stop after any, and ends.
func TestErasePrivateInBatches(t *testing.T) {
	each(t, func(t *testing.T, db *database.DB, ledger *audit.Ledger) {
		defer start(t, ledger)()
		fill(t, ledger, db, client(1), 1203)
		var counts []int64
		for from := int64(0); ; {
			done := erase(t, ledger, db, audit.PrivateErasure{Ledger: client(1), From: from, Before: time.Now().Add(time.Hour), Due: everything})
			counts = append(counts, done.Erased)
			if from = done.To; done.Done {
				break
			}
		}
		if diff := cmp.Diff([]int64{500, 500, 203}, counts); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if left := erased(t, ledger, client(1)); len(left) != 1203 {
			t.Errorf("%d are erased", len(left))
		}
	})
}

// A verifier counts erased data. It finds nothing wrong when the ledger records the
// erasure, and a problem when it does not.
func TestVerifyAfterErasing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := tenEvents(t, db)
		check := func() *verify.Report {
			t.Helper()
			signed, err := ledger.Checkpoint(t.Context(), client(1))
			if err != nil {
				t.Fatal(err)
			}
			report, err := verify.Copy(t.Context(), rowsToVerify(t.Context(), ledger, client(1)),
				verify.Evidence{Ledger: client(1), Key: ledger.VerifierKey(client(1)), Checkpoint: signed})
			if err != nil {
				t.Fatal(err)
			}
			return report
		}
		erase(t, ledger, db, audit.PrivateErasure{Ledger: client(1), Before: noon.Add(5 * time.Minute), Due: everything})
		if r := check(); r.OK() || r.Found != 1 || r.Problems[0].Kind != verify.KindErased || r.Erased != 5 {
			t.Errorf("erased and not recorded: %+v", r)
		}
		defer start(t, ledger)()
		record := event.Event{Phase: event.PhaseState, Action: "privacy.expire", Outcome: event.OutcomeAllow, Actor: "system", Length: 5}
		for i, by := range []string{"p_1", "system"} {
			record.Actor = by // a person's own events do not count
			mustAppend(t, ledger, db, client(1), record)
			if r := check(); r.OK() != (by == "system") || r.Erased != 5 || r.Proven != int64(11+i) {
				t.Errorf("recorded by %s: %+v", by, r)
			}
		}
		if events, _, err := ledger.Query(t.Context(), ask.Query{Ledger: client(1)}); err != nil || events[11].Private != nil || events[2].Private == nil {
			t.Errorf("asking afterwards: %v, %v", events, err)
		}
	})
}

// The database refuses to change events with the gateway's rights.
func TestGuard(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := threeEvents(t, db)
		refused := []string{
			`UPDATE audit_event SET leaf = leaf || CAST('x' AS bytea) WHERE seq = 1`,
			`UPDATE audit_event SET seq = 7 WHERE seq = 2`,
			`UPDATE audit_event SET ledger = 'operator'`,
			`UPDATE audit_event SET actor = NULL`,
			`UPDATE audit_event SET ts = ts + 1`,
			`UPDATE audit_event SET outcome = 'allow'`,
			`UPDATE audit_event SET phase = NULL`,
			`UPDATE audit_event SET country = 'FR'`,
			`UPDATE audit_event SET priv = '{}' WHERE seq = 1`,
			`UPDATE audit_event SET priv = NULL WHERE seq = 1`,
			`UPDATE audit_event SET priv_salt = NULL WHERE seq = 1`,
			`UPDATE audit_event SET priv = NULL, priv_salt = NULL, reason = 'none' WHERE seq = 1`,
			`DELETE FROM audit_event WHERE seq = 2`,
			`DELETE FROM audit_event`,
		}
		if db.PostgreSQL() {
			refused = append(refused, `TRUNCATE audit_event`)
		}
		before := rowsOf(t, ledger)
		for _, statement := range refused {
			if _, err := db.Writer().ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		if diff := cmp.Diff(before, rowsOf(t, ledger)); diff != "" {
			t.Errorf("-before +after:\n%s", diff)
		}
		erase(t, ledger, db, audit.PrivateErasure{Ledger: client(1), Before: time.Now().Add(time.Hour), Due: everything})
		if _, err := db.Writer().ExecContext(t.Context(), `UPDATE audit_event SET priv = $1, priv_salt = $2 WHERE seq = 1`,
			before[1].Opening.Clear, before[1].Opening.Salt); err == nil {
			t.Error("an erased half was put back")
		}
	})
}

func rowsOf(t *testing.T, ledger *audit.Ledger) []audit.Row {
	t.Helper()
	var rows []audit.Row
	for row, err := range ledger.Copy(t.Context(), client(1)) {
		if err != nil {
			t.Fatal(err)
		}
		if row.Columns["phase"] == "" || row.Columns["kind"] == "" {
			t.Errorf("event %d has no phase or kind", row.Seq)
		}
		rows = append(rows, row)
	}
	return rows
}

func TestActed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ledger := threeEvents(t, db)
		for _, tt := range []struct {
			ledger, actor string
			want          bool
		}{{client(1), "p_1", true}, {client(1), "p_9", false}, {client(2), "p_1", false}} {
			tx, err := db.Reader().BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ledger.Acted(t.Context(), tx, tt.ledger, tt.actor); err != nil || got != tt.want {
				t.Errorf("%+v: %t, %v", tt, got, err)
			}
			tx.Rollback()
		}
	})
}
