package gateway_test

import (
	"errors"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// Two documents whose headers, bindings, bodies, sizes and digests were exchanged open
// with the contract's key. They are refused before a byte of any range leaves.
func TestExchangedDocumentsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *gatewaytest.World) {
		batch, documents := w.Sent(t, 2)
		w.Taken(t, batch)
		a, b := string(documents[0].ID), string(documents[1].ID)
		for _, columns := range [][]string{{"header", "binding"}, {"header"}, {"binding"}} {
			for _, column := range columns {
				exchange(t, w, "document_header", "document", column, a, b)
			}
			if len(columns) == 2 {
				for _, column := range []string{"size", "digest", "object_key"} {
					exchange(t, w, "document", "id", column, a, b)
				}
			}
			for _, d := range documents {
				if _, err := w.Gateway.OpenPart(t.Context(), w.Handler, d.ID, part(0, 10)); !errors.Is(err, gateway.ErrTampered) {
					t.Errorf("exchanged %v: %v, want ErrTampered", columns, err)
				}
			}
			for _, column := range columns {
				exchange(t, w, "document_header", "document", column, a, b)
			}
			if len(columns) == 2 {
				for _, column := range []string{"size", "digest", "object_key"} {
					exchange(t, w, "document", "id", column, a, b)
				}
			}
		}
		for _, d := range documents {
			reads(t, w, d)
		}
	})
}

// exchange exchanges what two rows have in a column, which may be unique.
func exchange(t *testing.T, w *gatewaytest.World, table, id, column, a, b string) {
	t.Helper()
	var one, two any
	for row, value := range map[string]*any{a: &one, b: &two} {
		if err := w.Database.Reader().QueryRowContext(t.Context(), "SELECT "+column+" FROM "+table+" WHERE "+id+" = $1", row).Scan(value); err != nil {
			t.Fatal(err)
		}
	}
	if column == "object_key" {
		execute(t, w, "UPDATE "+table+" SET object_key = 'd/other' WHERE "+id+" = $1", a)
	}
	execute(t, w, "UPDATE "+table+" SET "+column+" = $2 WHERE "+id+" = $1", b, one)
	execute(t, w, "UPDATE "+table+" SET "+column+" = $2 WHERE "+id+" = $1", a, two)
}
