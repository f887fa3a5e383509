package audit

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// copyPage is how many rows Copy reads at a time.
const copyPage = 256

// Row is an event as it is stored. Leaf is what the tree is built over. The other fields but Opening repeat what the
// leaf says, so that somebody else can check that they do.
type Row struct {
	Seq     int64
	Time    time.Time
	Leaf    []byte
	Opening *event.Opening // the private half; nil when there is none, or none any more

	ID                                         string
	Action                                     event.Action
	Outcome                                    event.Outcome
	Reason                                     string
	Actor, Contract, Provider, Batch, Document string
	Phase                                      event.Phase
	Kind                                       event.Kind
	Organisation, Role, Site, Country          string
	Bytes                                      int64
}

// Copy gives all rows of a ledger in order, those that come in meanwhile too. It checks nothing: that is the reader's
// purpose. Each page is a query of its own: what has been sequenced does not change, and one long transaction would
// keep the database from tidying up. An error ends it.
func (l *Ledger) Copy(ctx context.Context, ledger string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		after := int64(-1)
		for {
			page, err := l.copyPage(ctx, ledger, after)
			if err != nil {
				yield(Row{}, fmt.Errorf("copying ledger: %w", err))
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
				after = row.Seq
			}
			if len(page) < copyPage {
				return
			}
		}
	}
}

func (l *Ledger) copyPage(ctx context.Context, ledger string, after int64) ([]Row, error) {
	rows, err := l.config.Reader.QueryContext(ctx, `SELECT seq, ts, leaf, priv, priv_salt, event, action, outcome,
		COALESCE(reason, ''), COALESCE(actor, ''), COALESCE(contract, ''), COALESCE(provider, ''), COALESCE(batch, ''), COALESCE(document, ''),
		COALESCE(phase, ''), COALESCE(kind, ''), COALESCE(organisation, ''), COALESCE(role, ''), COALESCE(site, ''), COALESCE(country, ''),
		COALESCE(bytes, 0)
		FROM audit_event WHERE ledger = $1 AND seq > $2 ORDER BY seq LIMIT $3`, ledger, after, copyPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []Row
	for rows.Next() {
		row, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, row)
	}
	return page, rows.Err()
}

func scanRow(rows *sql.Rows) (Row, error) {
	var row Row
	var micros int64
	var clear sql.NullString
	var salt []byte
	err := rows.Scan(&row.Seq, &micros, &row.Leaf, &clear, &salt, &row.ID, &row.Action, &row.Outcome,
		&row.Reason, &row.Actor, &row.Contract, &row.Provider, &row.Batch, &row.Document,
		&row.Phase, &row.Kind, &row.Organisation, &row.Role, &row.Site, &row.Country, &row.Bytes)
	row.Time = time.UnixMicro(micros).UTC()
	if clear.Valid {
		row.Opening = &event.Opening{Clear: clear.String, Salt: salt}
	}
	return row, err
}
