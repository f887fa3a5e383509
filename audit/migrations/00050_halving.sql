-- +goose Up

-- One text for SQLite and PostgreSQL. Where a time begins is found by halving: see firstSince in query.go.
DROP INDEX audit_event_ts;
