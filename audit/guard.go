package audit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// guardVersion is the migration that guards audit_event.
const guardVersion = 41

// guard is a trigger by which the database itself refuses what nothing in this package does, but for BeginEpoch: to change
// or delete an event. What may be done is to add events, to erase private halves whole, and to fill the columns of rows from
// before migration 10. Guards stop mistakes, and who has the gateway's rights alone. Who owns the tables can drop them: that
// is found out by the tree.
type guard struct{ name, when string }

var guardsOfBoth = []guard{
	{"audit_event_guard_event", `BEFORE UPDATE OF ledger, seq, ts, event, action, outcome, reason, actor, contract, provider, batch, document, leaf ON audit_event FOR EACH ROW `},
	{"audit_event_guard_columns", `BEFORE UPDATE OF phase, kind, organisation, role, site, country, bytes ON audit_event FOR EACH ROW WHEN (OLD.phase IS NOT NULL) `},
	{"audit_event_guard_private", `BEFORE UPDATE OF priv, priv_salt ON audit_event FOR EACH ROW WHEN (NEW.priv IS NOT NULL OR NEW.priv_salt IS NOT NULL) `},
	{"audit_event_guard_delete", `BEFORE DELETE ON audit_event FOR EACH ROW `},
}

// SQLite knows no TRUNCATE.
var guardsOfPostgreSQL = append(slices.Clone(guardsOfBoth), guard{"audit_event_guard_truncate", `BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT `})

const guardMessage = `audit_event is append-only`

// raiseGuards are the statements that put up the guards on a database that never had them.
func raiseGuards(postgresql bool) []string {
	if postgresql {
		return append([]string{`CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''` +
			guardMessage + `''; END'`}, putUp(postgresql)...)
	}
	return putUp(postgresql)
}

func putUp(postgresql bool) (statements []string) {
	guards, refuse := guardsOfBoth, `BEGIN SELECT RAISE(ABORT, '`+guardMessage+`'); END`
	if postgresql {
		guards, refuse = guardsOfPostgreSQL, `EXECUTE FUNCTION audit_event_refuse()`
	}
	for _, g := range guards {
		statements = append(statements, `CREATE TRIGGER `+g.name+` `+g.when+refuse)
	}
	return statements
}

func takeDown(postgresql bool) (statements []string) {
	guards, of := guardsOfBoth, ``
	if postgresql {
		guards, of = guardsOfPostgreSQL, ` ON audit_event`
	}
	for _, g := range guards {
		statements = append(statements, `DROP TRIGGER IF EXISTS `+g.name+of)
	}
	return statements
}

// unguarded runs f with the guards down. Nobody else ever sees them down: they are up again before the transaction ends, and
// if it does not commit they were never gone.
func unguarded(ctx context.Context, tx *sql.Tx, postgresql bool, f func() error) error {
	if err := runAll(ctx, tx, takeDown(postgresql)); err != nil {
		return fmt.Errorf("taking down the guards: %w", err)
	}
	if err := f(); err != nil {
		return err
	}
	if err := runAll(ctx, tx, putUp(postgresql)); err != nil {
		return fmt.Errorf("putting up the guards: %w", err)
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
