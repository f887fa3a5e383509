package audit

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"
)

// longMigrations are the migrations that are not files, because they have no text that both engines understand, or because
// on a ledger of millions of events they take longer than PostgreSQL lets an ordinary statement take.
func longMigrations(postgresql bool) []*goose.Migration {
	return []*goose.Migration{
		longMigration(40, postgresql, rareIndexes),
		longMigration(guardVersion, postgresql, guardedEvents.raise(postgresql)),
		longMigration(42, postgresql, denialIndexes),
		longMigration(51, postgresql, postingTable(postgresql)),
	}
}

// unlimitedTime lets the statements of a PostgreSQL transaction take as long as they do.
const unlimitedTime = `SET LOCAL statement_timeout = 0`

func longMigration(version int64, postgresql bool, statements []string) *goose.Migration {
	if postgresql {
		statements = append([]string{unlimitedTime}, statements...)
	}
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("migration %d: %w", version, err)
			}
		}
		return nil
	}}, nil)
}

var rareIndexes = []string{
	// An action that no event of a ledger has is looked for through all of it, unless it is in the index: so only those stay
	// out of which a ledger of any size is full.
	`CREATE INDEX audit_event_rare_action ON audit_event (ledger, action, seq)
		WHERE action NOT IN ('document.read', 'document.receive')`,
	`DROP INDEX audit_event_action`,
	// How an access ended, when that was not well.
	`CREATE INDEX audit_event_phase ON audit_event (ledger, phase, seq) WHERE phase NOT IN ('state', 'grant', 'completed')`,
}

// What was refused under one contract, or to one organisation's people, among all that was allowed. They hold refusals
// only, and cost what is allowed nothing.
var denialIndexes = []string{
	`CREATE INDEX audit_event_denied_contract ON audit_event (ledger, contract, seq) WHERE outcome = 'deny'`,
	`CREATE INDEX audit_event_denied_organisation ON audit_event (ledger, organisation, seq) WHERE outcome = 'deny'`,
}

// postingTable takes the place of all indexes by what events say. What was written before it is posted after the migrations.
func postingTable(postgresql bool) []string {
	created := `CREATE TABLE audit_posting (
		ledger text   NOT NULL,
		field  bigint NOT NULL,
		value  text   NOT NULL,
		block  bigint NOT NULL,
		bits   bigint NOT NULL,
		PRIMARY KEY (ledger, field, value, block)
	)`
	if !postgresql {
		created += ` WITHOUT ROWID` // the table is its key
	}
	statements := []string{created, `ALTER TABLE audit_head ADD COLUMN posted bigint NOT NULL DEFAULT 0`,
		`ALTER TABLE audit_sequencer ADD COLUMN former bigint NOT NULL DEFAULT 0`, `ALTER TABLE audit_sequencer ADD COLUMN latest bigint NOT NULL DEFAULT 0`}
	for _, index := range []string{"actor", "contract", "provider", "batch", "document", "refused", "role", "reason", "kind", "denied",
		"organisation", "site", "country", "rare_action", "phase", "denied_contract", "denied_organisation"} {
		statements = append(statements, `DROP INDEX audit_event_`+index)
	}
	return append(statements, guardedPostings.raise(postgresql)...)
}
