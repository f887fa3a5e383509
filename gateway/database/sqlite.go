package database

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteReaders is how many connections read at once beside the one writer.
const sqliteReaders = 8

// sqliteBusy is how long a connection waits for another's lock, in milliseconds.
const sqliteBusy = "10000"

// openSQLite opens one connection that writes and a pool that reads. Several writers that
// begin with BEGIN IMMEDIATE starve each other for seconds. One connection with a queue
// in Go before it is fair and faster.
func openSQLite(path string) (writer, reader *sql.DB, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, nil, fmt.Errorf("finding SQLite file: %w", err)
	}
	if err := createPrivate(path); err != nil {
		return nil, nil, fmt.Errorf("creating SQLite file: %w", err)
	}
	writer, err = sql.Open("sqlite", sqliteDSN(path, url.Values{
		"_txlock":       {"immediate"},
		"_journal_mode": {"WAL"},
		"_pragma": {
			"cache_size(-16384)", // KiB; with SQLite's 2 MB a large transaction spills and writes pages twice
			"secure_delete(ON)",  // what is erased is overwritten
		},
	}))
	if err != nil {
		return nil, nil, err
	}
	writer.SetMaxOpenConns(1)
	writer.SetConnMaxLifetime(0)
	reader, err = sql.Open("sqlite", sqliteDSN(path, url.Values{"_query_only": {"on"}}))
	if err != nil {
		writer.Close()
		return nil, nil, err
	}
	reader.SetMaxOpenConns(sqliteReaders)
	reader.SetMaxIdleConns(sqliteReaders)
	return writer, reader, nil
}

// createPrivate makes the file with mode 0600 before SQLite would make it with the mode
// of the umask. SQLite gives the files beside it (-wal, -shm) the same mode. A file that
// exists keeps the mode that its owner gave it.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func sqliteDSN(path string, settings url.Values) string {
	settings.Set("_busy_timeout", sqliteBusy) // only another process can hold the file: our writers queue in Go
	settings.Set("_foreign_keys", "on")
	settings.Set("_synchronous", "FULL") // in WAL mode: every commit is on disk before it is answered
	settings.Set("_dqs", "0")            // a misspelt column is an error, not a string
	// With a checkpoint every 1000 pages, a file that mostly grows spends its time there.
	settings.Add("_pragma", "wal_autocheckpoint(20000)")
	settings.Add("_pragma", "temp_store(MEMORY)")
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}
	return dsn.String()
}
