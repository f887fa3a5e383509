package gateway

import (
	"database/sql"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// errCursor is the refusal of a cursor that no answer of ours gave.
var errCursor = &Invalid{Kind: InvalidParameter, Field: "after", Detail: "is not a cursor of this listing"}

// rows is how many rows a page holds.
func (p Page) rows() int32 {
	switch {
	case p.Limit <= 0:
		return 50
	case p.Limit > 500:
		return 500
	default:
		return int32(p.Limit)
	}
}

func orConflict(err error, conflict *Conflict) error {
	if err == nil {
		return conflict
	}
	return err
}

// orNotFound is ErrNotFound for a row that is not there.
func orNotFound(err error) error {
	if isNoRows(err) {
		return ErrNotFound
	}
	return err
}

// checkName accepts what people write as a name: some visible text, no control characters.
func checkName(field, s string) error {
	switch {
	case strings.TrimSpace(s) == "" || len(s) > 200:
		return &Invalid{Kind: InvalidParameter, Field: field, Detail: "must be 1 to 200 bytes"}
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return &Invalid{Kind: InvalidParameter, Field: field, Detail: "must be UTF-8 text without control characters"}
	}
	return nil
}

// orInvalid is invalid for what was not found, and err for every other failure.
func orInvalid(err error, invalid *Invalid) error {
	if err == nil || isNoRows(err) {
		return invalid
	}
	return err
}

func isNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

func ignoreNoRows(err error) error {
	if isNoRows(err) {
		return nil
	}
	return err
}
