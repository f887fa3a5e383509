package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrUnavailable is wrapped by errors that mean: try again later. The database cannot be
// reached or is full, another transaction held a lock for too long, or the answer to a
// COMMIT was lost. In the last case the state may have changed, so a caller that repeats
// an operation must be ready to find it done.
var ErrUnavailable = errors.New("database unavailable")

// unknownCommit is a COMMIT that may or may not have happened. It is never tried again
// here.
type unknownCommit struct{ cause error }

func (u *unknownCommit) Error() string {
	return fmt.Sprintf("%v: outcome of the commit is unknown: %v", ErrUnavailable, u.cause)
}

// Unwrap leaves the cause out, so that no caller takes it for an error after which the
// transaction can be tried again.
func (u *unknownCommit) Unwrap() error { return ErrUnavailable }

// classify wraps ErrUnavailable around errors that mean it, and leaves all others as they
// are. ctx is the caller's. If the caller cancelled it, that explains the error.
func classify(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, ErrUnavailable), !Unavailable(err):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%w: %v", context.Canceled, err)
	default:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}

// Unavailable says whether an error of a driver, or of this package, means what
// ErrUnavailable does. It is for callers that read without a Tx, as the ledger does.
func Unavailable(err error) bool {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return unavailableCode(server.Code)
	}
	var embedded *sqlite.Error
	if errors.As(err, &embedded) {
		return unavailableResult(embedded.Code())
	}
	return errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || connectionLost(err)
}

// unavailableCode judges an SQLSTATE.
func unavailableCode(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", // connection exception
		"53", // insufficient resources: disk full, out of memory, too many connections
		"57", // operator intervention: shutdown, starting up, statement timeout
		"58": // system error outside PostgreSQL, such as I/O
		return true
	}
	return code == "55P03" || // lock timeout
		code == "25006" || // read-only: a standby, or a server that its provider closed for writes
		code == "25P03" || code == "25P04" // the server ended a transaction that took too long
}

// unavailableResult judges an SQLite result code. Its low byte is the primary code. A
// corrupt file is not among them, because waiting does not repair it.
func unavailableResult(code int) bool {
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// connectionLost is true when the server could not be reached, or ended without an
// answer.
func connectionLost(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	var number syscall.Errno
	return errors.As(err, &connect) || errors.As(err, &network) || errors.As(err, &number) || pgconn.SafeToRetry(err) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// lostRace is true when the transaction was undone because of another one, and would have
// another outcome now. The causes are a deadlock, a serialization failure, or a unique
// key that was taken between the read and the insert of fn.
func lostRace(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	switch server.Code {
	case "40001", "40P01", "23505":
		return true
	}
	return false
}

// rolledBack is true when the answer to a COMMIT says that the transaction was undone. A
// FATAL error is not such an answer: the session ended, before or after the commit.
func rolledBack(err error) bool {
	var server *pgconn.PgError
	return errors.Is(err, pgx.ErrTxCommitRollback) || errors.As(err, &server) && server.SeverityUnlocalized == "ERROR"
}
