package evidence

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// csvColumns are the columns of an export: what the leaf holds of an event. The erasable half stays out, because a table
// that goes from hand to hand cannot be erased from.
var csvColumns = []struct {
	name string
	of   func(e *event.Event) string
}{
	{"ledger", func(e *event.Event) string { return e.Ledger }},
	{"seq", func(e *event.Event) string { return strconv.FormatInt(e.Seq, 10) }},
	{"time", func(e *event.Event) string { return e.Time.UTC().Format(time.RFC3339Nano) }},
	{"occurred", func(e *event.Event) string { return e.Occurred.UTC().Format(time.RFC3339Nano) }},
	{"id", func(e *event.Event) string { return e.ID }},
	{"phase", func(e *event.Event) string { return string(e.Phase) }},
	{"action", func(e *event.Event) string { return string(e.Action) }},
	{"outcome", func(e *event.Event) string { return string(e.Outcome) }},
	{"reason", func(e *event.Event) string { return text(e.Reason) }},
	{"actor", func(e *event.Event) string { return text(e.Actor) }},
	{"organisation", func(e *event.Event) string { return text(e.Organisation) }},
	{"role", func(e *event.Event) string { return text(e.Role) }},
	{"auth", func(e *event.Event) string { return text(e.Auth) }},
	{"contract", func(e *event.Event) string { return text(e.Contract) }},
	{"version", func(e *event.Event) string { return strconv.FormatInt(e.Version, 10) }},
	{"clause", func(e *event.Event) string { return text(e.Clause) }},
	{"provider", func(e *event.Event) string { return text(e.Provider) }},
	{"batch", func(e *event.Event) string { return text(e.Batch) }},
	{"document", func(e *event.Event) string { return text(e.Document) }},
	{"class", func(e *event.Event) string { return text(e.Class) }},
	{"assignment", func(e *event.Event) string { return text(e.Assignment) }},
	{"subject", func(e *event.Event) string { return text(e.Subject) }},
	{"site", func(e *event.Event) string { return text(e.Site) }},
	{"country", func(e *event.Event) string { return text(e.Country) }},
	{"bytes", func(e *event.Event) string { return strconv.FormatInt(e.Bytes, 10) }},
	{"length", func(e *event.Event) string { return strconv.FormatInt(e.Length, 10) }},
	{"grant", func(e *event.Event) string { return text(e.Grant) }},
	{"request", func(e *event.Event) string { return text(e.Request) }},
	{"node", func(e *event.Event) string { return text(e.Node) }},
	{"commitment", func(e *event.Event) string { return text(e.Commitment) }},
}

const (
	// beginsFormula is what spreadsheets take for the beginning of a formula; some also the wide forms.
	beginsFormula = "=+-@\t\r\n＝＋－＠"
	// endsCell is where programs end a cell that do not know about quotes, or split at another character: where the comma
	// is for decimals, spreadsheets split at the semicolon.
	endsCell = ",;\t|\r\n\""
)

// text is a cell that no spreadsheet takes for a formula, nor any part of it.
func text(s string) string {
	var cell strings.Builder
	begins := true
	for _, r := range s {
		if begins && strings.ContainsRune(beginsFormula, r) {
			cell.WriteByte('\'')
		}
		cell.WriteRune(r)
		begins = strings.ContainsRune(endsCell, r) || begins && r == ' '
	}
	return cell.String()
}

// WriteCSV writes the events as a table with a line of column names. The first error ends it, and the table is then not
// whole.
func WriteCSV(w io.Writer, events iter.Seq2[event.Event, error]) error {
	table := csv.NewWriter(w)
	line := make([]string, len(csvColumns))
	for i, column := range csvColumns {
		line[i] = column.name
	}
	if err := table.Write(line); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		for i, column := range csvColumns {
			line[i] = column.of(&e)
		}
		if err := table.Write(line); err != nil {
			return fmt.Errorf("writing the table: %w", err)
		}
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	return nil
}
