package choke

import (
	"database/sql"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrCursor refuses a cursor that the gateway never returned.
var ErrCursor = &Invalid{Kind: InvalidParameter, Field: "after", Detail: "is not a cursor of this listing"}

// Rows returns how many rows the page may hold.
func (p Page) Rows() int32 {
	switch {
	case p.Limit <= 0:
		return 50
	case p.Limit > 500:
		return 500
	default:
		return int32(p.Limit)
	}
}

// OrConflict returns conflict if err is nil, because the row exists and must not. It
// returns any other error as it is.
func OrConflict(err error, conflict *Conflict) error {
	if err == nil {
		return conflict
	}
	return err
}

// OrNotFound returns ErrNotFound for a row that does not exist.
func OrNotFound(err error) error {
	if IsNoRows(err) {
		return ErrNotFound
	}
	return err
}

// CheckName accepts a name as people write it: visible text without control characters.
func CheckName(field, s string) error {
	switch {
	case strings.TrimSpace(s) == "" || len(s) > 200:
		return &Invalid{Kind: InvalidParameter, Field: field, Detail: "must be 1 to 200 bytes"}
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return &Invalid{Kind: InvalidParameter, Field: field, Detail: "must be UTF-8 text without control characters"}
	}
	return nil
}

// OrInvalid returns invalid for a nil error or a missing row, and any other error as it
// is.
func OrInvalid(err error, invalid *Invalid) error {
	if err == nil || IsNoRows(err) {
		return invalid
	}
	return err
}

// IsNoRows says whether the error means that the row does not exist.
func IsNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IgnoreNoRows returns nil for a row that does not exist, and any other error as it is.
func IgnoreNoRows(err error) error {
	if IsNoRows(err) {
		return nil
	}
	return err
}
