package audit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// guarded is a table with its guards: triggers by which the database itself refuses what nothing in this package does, but
// for BeginEpoch and Repost. Guards stop mistakes, and who has the gateway's rights alone. Who owns the tables can drop them: that is
// found out by the tree, and by whoever verifies the database.
type guarded struct {
	table  string
	guards []guard
}

type guard struct{ name, when string }

// Events may be added. Of those there are, private halves may be erased whole.
var guardedEvents = guarded{"audit_event", []guard{
	{"event", `BEFORE UPDATE OF ledger, seq, ts, event, action, kind, phase, outcome, reason, actor, organisation, role, site, country,
		contract, provider, batch, document, bytes, leaf ON audit_event FOR EACH ROW `},
	{"private", `BEFORE UPDATE OF priv, priv_salt ON audit_event FOR EACH ROW WHEN (NEW.priv IS NOT NULL OR NEW.priv_salt IS NOT NULL) `},
	{"delete", `BEFORE DELETE ON audit_event FOR EACH ROW `},
}}

var guardedPostings = guarded{"audit_posting", []guard{
	{"change", `BEFORE UPDATE ON audit_posting FOR EACH ROW `},
	{"delete", `BEFORE DELETE ON audit_posting FOR EACH ROW `},
}}

func (g guarded) message() string { return g.table + ` is append-only` }

// of are the guards that the engine has a use for: SQLite knows no TRUNCATE.
func (g guarded) of(postgresql bool) []guard {
	if !postgresql {
		return g.guards
	}
	return append(slices.Clone(g.guards), guard{"truncate", `BEFORE TRUNCATE ON ` + g.table + ` FOR EACH STATEMENT `})
}

// raise are the statements that put up the guards on a database that never had them.
func (g guarded) raise(postgresql bool) []string {
	if postgresql {
		return append([]string{`CREATE FUNCTION ` + g.table + `_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''` +
			g.message() + `''; END'`}, g.putUp(postgresql)...)
	}
	return g.putUp(postgresql)
}

func (g guarded) putUp(postgresql bool) (statements []string) {
	refuse := `BEGIN SELECT RAISE(ABORT, '` + g.message() + `'); END`
	if postgresql {
		refuse = `EXECUTE FUNCTION ` + g.table + `_refuse()`
	}
	for _, t := range g.of(postgresql) {
		statements = append(statements, `CREATE TRIGGER `+g.table+`_guard_`+t.name+` `+t.when+refuse)
	}
	return statements
}

func (g guarded) takeDown(postgresql bool) (statements []string) {
	var of string
	if postgresql {
		of = ` ON ` + g.table
	}
	for _, t := range g.of(postgresql) {
		statements = append(statements, `DROP TRIGGER IF EXISTS `+g.table+`_guard_`+t.name+of)
	}
	return statements
}

// unguarded runs f with the guards down. Nobody else ever sees them down: they are up again before the transaction ends, and
// if it does not commit they were never gone.
func unguarded(ctx context.Context, tx *sql.Tx, postgresql bool, f func() error) error {
	all := []guarded{guardedEvents, guardedPostings}
	for _, g := range all {
		if err := runAll(ctx, tx, g.takeDown(postgresql)); err != nil {
			return fmt.Errorf("taking down the guards: %w", err)
		}
	}
	if err := f(); err != nil {
		return err
	}
	for _, g := range all {
		if err := runAll(ctx, tx, g.putUp(postgresql)); err != nil {
			return fmt.Errorf("putting up the guards: %w", err)
		}
	}
	return nil
}

func runAll(ctx context.Context, tx *sql.Tx, statements []string) error {
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
