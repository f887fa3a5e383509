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

// csvColumns are the columns of an export: what the leaf holds of an event. The erasable
// data stays out, because nothing can be erased from a table that people pass on.
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
	{"reason", func(e *event.Event) string { return cell(e.Reason) }},
	{"actor", func(e *event.Event) string { return cell(e.Actor) }},
	{"organisation", func(e *event.Event) string { return cell(e.Organisation) }},
	{"role", func(e *event.Event) string { return cell(e.Role) }},
	{"auth", func(e *event.Event) string { return cell(e.Auth) }},
	{"contract", func(e *event.Event) string { return cell(e.Contract) }},
	{"version", func(e *event.Event) string { return strconv.FormatInt(e.Version, 10) }},
	{"clause", func(e *event.Event) string { return cell(e.Clause) }},
	{"provider", func(e *event.Event) string { return cell(e.Provider) }},
	{"batch", func(e *event.Event) string { return cell(e.Batch) }},
	{"document", func(e *event.Event) string { return cell(e.Document) }},
	{"class", func(e *event.Event) string { return cell(e.Class) }},
	{"assignment", func(e *event.Event) string { return cell(e.Assignment) }},
	{"subject", func(e *event.Event) string { return cell(e.Subject) }},
	{"site", func(e *event.Event) string { return cell(e.Site) }},
	{"country", func(e *event.Event) string { return cell(e.Country) }},
	{"bytes", func(e *event.Event) string { return strconv.FormatInt(e.Bytes, 10) }},
	{"length", func(e *event.Event) string { return strconv.FormatInt(e.Length, 10) }},
	{"grant", func(e *event.Event) string { return cell(e.Grant) }},
	{"request", func(e *event.Event) string { return cell(e.Request) }},
	{"node", func(e *event.Event) string { return cell(e.Node) }},
	{"commitment", func(e *event.Event) string { return cell(e.Commitment) }},
}

const (
	// beginsFormula is what spreadsheets take for the beginning of a formula. Some
	// also take the wide forms.
	beginsFormula = "=+-@\t\r\n＝＋－＠"
	// endsCell is where a program may end a cell if it does not know about quotes, or
	// splits at another character. Where the comma is for decimals, spreadsheets split
	// at the semicolon.
	endsCell = ",;\t|\r\n\""
)

// cell is the text with an apostrophe before everything that a spreadsheet could take for
// the beginning of a formula.
func cell(s string) string {
	var out strings.Builder
	begins := true
	for _, r := range s {
		if begins && strings.ContainsRune(beginsFormula, r) {
			out.WriteByte('\'')
		}
		out.WriteRune(r)
		begins = strings.ContainsRune(endsCell, r) || begins && r == ' '
	}
	return out.String()
}

// WriteCSV writes the events as a table with a line of column names. The first error ends
// the table, which is then incomplete.
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
