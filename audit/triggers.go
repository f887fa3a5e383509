package audit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/bordereau/bordereau/audit/schema"
)

// appendOnly is a table with triggers that allow only adding rows. Only BeginEpoch and
// Reindex do more, with the triggers down. The triggers stop mistakes, and a person who
// has only the gateway's rights. The owner of the tables can drop them: the tree and the
// verification of the database show what was changed.
type appendOnly struct {
	table    string
	triggers []trigger
}

type trigger struct{ name, when string }

// Events may be added. The erasable data of a stored event may be erased, and only whole.
var eventTriggers = appendOnly{"audit_event", []trigger{
	{"event", `BEFORE UPDATE OF ledger, seq, ts, bytes, leaf` + columnNames() + ` ON audit_event FOR EACH ROW `},
	{"private", `BEFORE UPDATE OF priv, priv_salt ON audit_event FOR EACH ROW WHEN (NEW.priv IS NOT NULL OR NEW.priv_salt IS NOT NULL) `},
	{"delete", `BEFORE DELETE ON audit_event FOR EACH ROW `},
}}

var indexTriggers = appendOnly{"audit_index", []trigger{
	{"change", `BEFORE UPDATE ON audit_index FOR EACH ROW `},
	{"delete", `BEFORE DELETE ON audit_index FOR EACH ROW `},
}}

// columnNames lists the columns that repeat the leaf, each after a comma.
func columnNames() string {
	var list strings.Builder
	for _, c := range schema.Columns {
		list.WriteString(`, ` + c.Name)
	}
	return list.String()
}

func (a appendOnly) message() string { return a.table + ` is append-only` }

// of lists the triggers for the engine: SQLite has no TRUNCATE.
func (a appendOnly) of(postgresql bool) []trigger {
	if !postgresql {
		return a.triggers
	}
	return append(slices.Clone(a.triggers), trigger{"truncate", `BEFORE TRUNCATE ON ` + a.table + ` FOR EACH STATEMENT `})
}

// create lists the statements that make the triggers in a new database.
func (a appendOnly) create(postgresql bool) []string {
	if postgresql {
		return append([]string{`CREATE FUNCTION ` + a.table + `_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''` +
			a.message() + `''; END'`}, a.putUp(postgresql)...)
	}
	return a.putUp(postgresql)
}

func (a appendOnly) putUp(postgresql bool) (statements []string) {
	refuse := `BEGIN SELECT RAISE(ABORT, '` + a.message() + `'); END`
	if postgresql {
		refuse = `EXECUTE FUNCTION ` + a.table + `_refuse()`
	}
	for _, t := range a.of(postgresql) {
		statements = append(statements, `CREATE TRIGGER `+a.table+`_append_only_`+t.name+` `+t.when+refuse)
	}
	return statements
}

func (a appendOnly) takeDown(postgresql bool) (statements []string) {
	var of string
	if postgresql {
		of = ` ON ` + a.table
	}
	for _, t := range a.of(postgresql) {
		statements = append(statements, `DROP TRIGGER IF EXISTS `+a.table+`_append_only_`+t.name+of)
	}
	return statements
}

// withTriggersDown runs f without the append-only triggers. No other transaction ever
// sees them down: they are up again before this transaction commits, and a rollback
// restores them.
func withTriggersDown(ctx context.Context, tx *sql.Tx, postgresql bool, f func() error) error {
	all := []appendOnly{eventTriggers, indexTriggers}
	for _, a := range all {
		if err := runAll(ctx, tx, a.takeDown(postgresql)); err != nil {
			return fmt.Errorf("taking down the append-only triggers: %w", err)
		}
	}
	if err := f(); err != nil {
		return err
	}
	for _, a := range all {
		if err := runAll(ctx, tx, a.putUp(postgresql)); err != nil {
			return fmt.Errorf("putting up the append-only triggers: %w", err)
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
