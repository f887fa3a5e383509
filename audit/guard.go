package audit

import (
	"context"
	"database/sql"
	"fmt"
)

// guardVersion is the migration that guards audit_event.
const guardVersion = 41

// guards are the triggers by which the database itself refuses what nothing in this package does but the beginning of an
// epoch: to change or delete an event. What may be done is to add events, to erase private halves whole, and to fill the columns of rows from before
// migration 10. They stop mistakes, and who has the gateway's rights alone. Who owns the tables can drop them: that is
// found out by the tree.
func guards(postgresql bool) []string {
	if postgresql {
		return postgresqlGuard
	}
	return sqliteGuard
}

// unguarded does what the guards refuse, in a transaction that brings them back before it ends: a new epoch puts what was
// published in the place of what the database held. It takes the rights of whoever owns the tables.
func unguarded(ctx context.Context, tx *sql.Tx, postgresql bool, do func() error) error {
	off, on := sqliteOff, sqliteGuard
	if postgresql {
		off, on = []string{`ALTER TABLE audit_event DISABLE TRIGGER USER`}, []string{`ALTER TABLE audit_event ENABLE TRIGGER USER`}
	}
	run := func(statements []string) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}
	if err := run(off); err != nil {
		return fmt.Errorf("taking the guards off the events: %w", err)
	}
	if err := do(); err != nil {
		return err
	}
	if err := run(on); err != nil {
		return fmt.Errorf("putting the guards back on the events: %w", err)
	}
	return nil
}

var sqliteOff = []string{
	`DROP TRIGGER IF EXISTS audit_event_guard_event`,
	`DROP TRIGGER IF EXISTS audit_event_guard_columns`,
	`DROP TRIGGER IF EXISTS audit_event_guard_private`,
	`DROP TRIGGER IF EXISTS audit_event_guard_delete`,
}

// What each trigger refuses, in words that both engines understand.
const (
	guardEvent   = `BEFORE UPDATE OF ledger, seq, ts, event, action, outcome, reason, actor, contract, provider, batch, document, leaf ON audit_event FOR EACH ROW `
	guardColumns = `BEFORE UPDATE OF phase, kind, organisation, role, site, country, bytes ON audit_event FOR EACH ROW WHEN (OLD.phase IS NOT NULL) `
	guardPrivate = `BEFORE UPDATE OF priv, priv_salt ON audit_event FOR EACH ROW WHEN (NEW.priv IS NOT NULL OR NEW.priv_salt IS NOT NULL) `
	guardDelete  = `BEFORE DELETE ON audit_event FOR EACH ROW `

	guardMessage = `audit_event is append-only`
)

var sqliteGuard = []string{
	`CREATE TRIGGER audit_event_guard_event ` + guardEvent + sqliteRefuse,
	`CREATE TRIGGER audit_event_guard_columns ` + guardColumns + sqliteRefuse,
	`CREATE TRIGGER audit_event_guard_private ` + guardPrivate + sqliteRefuse,
	`CREATE TRIGGER audit_event_guard_delete ` + guardDelete + sqliteRefuse,
}

const sqliteRefuse = `BEGIN SELECT RAISE(ABORT, '` + guardMessage + `'); END`

var postgresqlGuard = []string{
	`CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''` + guardMessage + `''; END'`,
	`CREATE TRIGGER audit_event_guard_event ` + guardEvent + postgresqlRefuse,
	`CREATE TRIGGER audit_event_guard_columns ` + guardColumns + postgresqlRefuse,
	`CREATE TRIGGER audit_event_guard_private ` + guardPrivate + postgresqlRefuse,
	`CREATE TRIGGER audit_event_guard_delete ` + guardDelete + postgresqlRefuse,
	`CREATE TRIGGER audit_event_guard_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT ` + postgresqlRefuse,
}

const postgresqlRefuse = `EXECUTE FUNCTION audit_event_refuse()`
