package evidence

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bordereau/bordereau/audit/event"
)

// csvColumns are the columns of an export: the members of the leaf, with the two times
// beside each other. The erasable data stays out, because nothing can be erased from a
// table that people pass on.
func csvColumns() []event.Member {
	columns := slices.Clone(event.Members)
	id := slices.IndexFunc(columns, func(m event.Member) bool { return m.Name == "id" })
	columns[id], columns[id+1] = columns[id+1], columns[id] // "occurred" comes before "id"
	return columns
}

func csvCell(m event.Member, e *event.Event) string {
	switch {
	case m.Text != nil:
		return cell(*m.Text(e))
	case m.Number != nil:
		return strconv.FormatInt(*m.Number(e), 10)
	default:
		return m.Moment(e).UTC().Format(time.RFC3339Nano)
	}
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
	columns := csvColumns()
	line := make([]string, len(columns))
	for i, column := range columns {
		line[i] = column.Name
	}
	if err := table.Write(line); err != nil {
		return fmt.Errorf("writing the table: %w", err)
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		for i, column := range columns {
			line[i] = csvCell(column, &e)
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
