-- +goose Up

-- One text for SQLite and PostgreSQL.

-- The processes that have accesses running, by the name that their events carry. beat rises while such a process lives;
-- it is compared with itself only, never with a clock.
CREATE TABLE audit_node (
    node text   NOT NULL PRIMARY KEY,
    beat bigint NOT NULL
);

-- Grants that have not ended. Like the columns of audit_event it says nothing that the leaves do not say.
CREATE TABLE audit_open (
    ledger text   NOT NULL,
    event  text   NOT NULL,
    seq    bigint NOT NULL,
    node   text   NOT NULL,
    PRIMARY KEY (ledger, event)
);
CREATE INDEX audit_open_node ON audit_open (node);

-- More of the leaf to ask by. phase is NULL only in rows written before this migration, until they are derived again.
ALTER TABLE audit_event ADD COLUMN phase text;
ALTER TABLE audit_event ADD COLUMN kind text;
ALTER TABLE audit_event ADD COLUMN organisation text;
ALTER TABLE audit_event ADD COLUMN role text;
ALTER TABLE audit_event ADD COLUMN site text;
ALTER TABLE audit_event ADD COLUMN country text;
ALTER TABLE audit_event ADD COLUMN bytes bigint;

-- What is common needs no index: a page of it is found by reading the newest events. What is rare is what people look
-- for, and there the newest events do not help. So these hold the rare ones only, and cost the common ones nothing.
-- SQLite uses such an index only for a query that repeats its condition word for word. All but the last one went with
-- migration 51.
CREATE INDEX audit_event_action ON audit_event (ledger, action, seq)
    WHERE action NOT IN ('document.read', 'document.receive', 'document.inspect', 'batch.list');
CREATE INDEX audit_event_role ON audit_event (ledger, role, seq) WHERE role NOT IN ('handler', 'client-system');
CREATE INDEX audit_event_reason ON audit_event (ledger, reason, seq) WHERE reason <> 'allowed';
CREATE INDEX audit_event_kind ON audit_event (ledger, kind, seq) WHERE kind NOT IN ('content', 'work');
CREATE INDEX audit_event_denied ON audit_event (ledger, actor, seq) WHERE outcome = 'deny';
CREATE INDEX audit_event_organisation ON audit_event (ledger, organisation, seq) WHERE organisation IS NOT NULL;
CREATE INDEX audit_event_site ON audit_event (ledger, site, seq) WHERE site IS NOT NULL;
CREATE INDEX audit_event_country ON audit_event (ledger, country, seq) WHERE country IS NOT NULL;
CREATE INDEX audit_event_underived ON audit_event (ledger, seq) WHERE phase IS NULL;
