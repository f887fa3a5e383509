-- +goose Up

-- One text for SQLite and PostgreSQL; the triggers of version 41 are in guard.go, for they have no common one.

-- An action that no event of a ledger has is looked for through all of it, unless it is in the index: so only those stay
-- out of which a ledger of any size is full.
CREATE INDEX audit_event_rare_action ON audit_event (ledger, action, seq)
    WHERE action NOT IN ('document.read', 'document.receive');
DROP INDEX audit_event_action;

-- How an access ended, when that was not well.
CREATE INDEX audit_event_phase ON audit_event (ledger, phase, seq) WHERE phase NOT IN ('state', 'grant', 'completed');
