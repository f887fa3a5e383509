package choke

import (
	"database/sql"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrCursor is the refusal of a cursor that no answer of ours gave.
var ErrCursor = &Invalid{Kind: InvalidParameter, Field: "after", Detail: "is not a cursor of this listing"}

// Rows is how many rows a page holds.
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

// OrConflict is conflict where there was no failure: what must not be there was found.
func OrConflict(err error, conflict *Conflict) error {
	if err == nil {
		return conflict
	}
	return err
}

// OrNotFound is ErrNotFound for a row that is not there.
func OrNotFound(err error) error {
	if IsNoRows(err) {
		return ErrNotFound
	}
	return err
}

// CheckName accepts what people write as a name: some visible text, no control characters.
func CheckName(field, s string) error {
	switch {
	case strings.TrimSpace(s) == "" || len(s) > 200:
		return &Invalid{Kind: InvalidParameter, Field: field, Detail: "must be 1 to 200 bytes"}
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return &Invalid{Kind: InvalidParameter, Field: field, Detail: "must be UTF-8 text without control characters"}
	}
	return nil
}

// OrInvalid is invalid for what was not found, and err for every other failure.
func OrInvalid(err error, invalid *Invalid) error {
	if err == nil || IsNoRows(err) {
		return invalid
	}
	return err
}

// IsNoRows says whether an error means that there is no such row.
func IsNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IgnoreNoRows is nil for a row that is not there, and err for every other failure.
func IgnoreNoRows(err error) error {
	if IsNoRows(err) {
		return nil
	}
	return err
}
