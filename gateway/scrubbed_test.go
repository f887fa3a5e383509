package gateway_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
)

// Once an erasure is certified, neither the header nor the file name is in any of
// SQLite's files. While a reader keeps the log, nothing is certified.
func TestWhatIsErasedIsGoneFromSQLitesFiles(t *testing.T) {
	w := gatewaytest.New(t, gatewaytest.Config{}).World(t)
	_, documents := w.Sent(t, 2)
	var header []byte
	var name, file string
	var seq int
	var schema string
	row := w.Database.Reader().QueryRowContext(t.Context(), "SELECT header, file_name FROM document_header WHERE document = $1", string(documents[0].ID))
	if err := row.Scan(&header, &name); err != nil {
		t.Fatal(err)
	}
	if err := w.Database.Reader().QueryRowContext(t.Context(), "PRAGMA database_list").Scan(&seq, &schema, &file); err != nil {
		t.Fatal(err)
	}
	if !inFiles(t, file, header) || name == "" {
		t.Fatal("the header is not in the files before, so the test shows nothing")
	}

	reader, err := w.Database.Reader().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRow("SELECT COUNT(*) FROM document_header").Scan(&n); err != nil {
		t.Fatal(err)
	}
	e, err := w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "sent by mistake")
	if err != nil || e.State != gateway.ErasureRunning {
		t.Errorf("erasing while a reader keeps the log: %+v, %v", e, err)
	}
	reader.Rollback()
	e, err = w.Gateway.EraseDocument(t.Context(), w.Manager, documents[0].ID, "sent by mistake")
	if err != nil || e.State != gateway.ErasureCertified {
		t.Fatalf("erasing: %+v, %v", e, err)
	}
	if inFiles(t, file, header) {
		t.Error("the header is still in SQLite's files")
	}
}

// inFiles says whether bytes are in the database's file or in its log.
func inFiles(t *testing.T, file string, b []byte) bool {
	t.Helper()
	for _, name := range []string{file, file + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		// A long value lies on several pages.
		if bytes.Contains(content, b[len(b)-200:]) {
			return true
		}
	}
	return false
}
