package audit

// guardVersion is the migration that guards audit_event.
const guardVersion = 41

// guards are the triggers by which the database itself refuses what nothing in this package does: to change or delete an
// event. What may be done is to add events, to erase private halves whole, and to fill the columns of rows from before
// migration 10. They stop mistakes, and who has the gateway's rights alone. Who owns the tables can drop them: that is
// found out by the tree.
func guards(postgresql bool) []string {
	if postgresql {
		return postgresqlGuard
	}
	return sqliteGuard
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
