-- +goose Up

-- One text for SQLite and PostgreSQL. Times are bigint microseconds since 1970 UTC.

-- The lock of the sequencer, and nothing else: whoever has raised turn sequences until its transaction ends.
CREATE TABLE audit_sequencer (
    id   bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    turn bigint NOT NULL
);
INSERT INTO audit_sequencer (id, turn) VALUES (1, 0);

-- Events that acts have staged and nobody has sequenced yet. body is the event's leaf without sequence number and time.
-- PostgreSQL numbers the rows itself. To SQLite bigserial is any type: its rows are numbered where they are inserted.
CREATE TABLE audit_stage (
    id        bigserial NOT NULL PRIMARY KEY,
    ledger    text   NOT NULL,
    body      bytea  NOT NULL,
    priv      text,
    priv_salt bytea
);

-- One row for each ledger. frontier is the RFC 6962 compact range of all size leaves: 32 bytes for each bit set in size,
-- the largest subtree first.
CREATE TABLE audit_head (
    ledger   text   NOT NULL PRIMARY KEY,
    size     bigint NOT NULL,
    frontier bytea  NOT NULL,
    last_ts  bigint NOT NULL
);

-- leaf is the event; priv and priv_salt are its erasable half. Every other column is an index derived from the leaf and
-- can be derived again.
CREATE TABLE audit_event (
    ledger    text   NOT NULL,
    seq       bigint NOT NULL,
    ts        bigint NOT NULL,
    event     text   NOT NULL,
    action    text   NOT NULL,
    outcome   text   NOT NULL,
    reason    text,
    actor     text,
    contract  text,
    provider  text,
    batch     text,
    document  text,
    leaf      bytea  NOT NULL,
    priv      text,
    priv_salt bytea,
    PRIMARY KEY (ledger, seq)
);
-- Not unique: an event staged twice is to be seen twice, not to stop every ledger.
CREATE INDEX audit_event_event ON audit_event (event);
-- ts never falls as seq rises, so a filter by time becomes a range of seq by one look into this index.
CREATE INDEX audit_event_ts ON audit_event (ledger, ts, seq);
CREATE INDEX audit_event_actor ON audit_event (ledger, actor, seq) WHERE actor IS NOT NULL;
CREATE INDEX audit_event_contract ON audit_event (ledger, contract, seq) WHERE contract IS NOT NULL;
CREATE INDEX audit_event_provider ON audit_event (ledger, provider, seq) WHERE provider IS NOT NULL;
CREATE INDEX audit_event_batch ON audit_event (ledger, batch, seq) WHERE batch IS NOT NULL;
CREATE INDEX audit_event_document ON audit_event (ledger, document, seq) WHERE document IS NOT NULL;
CREATE INDEX audit_event_refused ON audit_event (ledger, seq) WHERE outcome <> 'allow';
