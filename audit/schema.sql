-- Schema 101
--
-- The ledger's tables. Until the first release this text changes in place, and the number
-- above rises each time.
--
-- One text for SQLite and PostgreSQL; where SQLite alone says more, that is in a comment
-- that begins with "sqlite:". Times are bigint microseconds since 1970 UTC. The triggers
-- that keep events and their index from being changed are in triggers.go: each engine has
-- its own language for them.

-- One row: the lock of the sequencer. A transaction that has raised round sequences until
-- it ends.
--
-- halt is the reason of a halt, and NULL while events are sequenced. It is in this row so
-- that no process can begin a round after a halt.
CREATE TABLE audit_sequencer (
    id        bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    round     bigint NOT NULL,
    halt      text,
    halt_node text,
    halt_ts   bigint
);
INSERT INTO audit_sequencer (id, round) VALUES (1, 0);

-- Events that acts have left for the sequencer. body is the event's leaf without sequence
-- number and time. PostgreSQL numbers the rows itself. To SQLite bigserial is any type:
-- its rows are numbered where they are inserted.
CREATE TABLE audit_outbox (
    id        bigserial NOT NULL PRIMARY KEY,
    ledger    text      NOT NULL,
    body      bytea     NOT NULL,
    priv      text,
    priv_salt bytea
);

-- The head of each ledger. compact_range is the compact range of all size leaves (RFC
-- 6962): 32 bytes for each bit set in size, the largest subtree first. indexed is how
-- many blocks of 64 events, from the first on, have their rows in audit_index.
CREATE TABLE audit_head (
    ledger        text   NOT NULL PRIMARY KEY,
    size          bigint NOT NULL,
    compact_range bytea  NOT NULL,
    last_ts       bigint NOT NULL,
    indexed       bigint NOT NULL DEFAULT 0
);

-- leaf is the event; priv and priv_salt are the part of it that can be erased. Every
-- other column repeats what the leaf says, so that SQL can ask for it.
--
-- There is no index by time: ts never falls as seq rises, so a time is found by a binary
-- search (firstSince in query.go).
CREATE TABLE audit_event (
    ledger       text   NOT NULL,
    seq          bigint NOT NULL,
    ts           bigint NOT NULL,
    event        text   NOT NULL,
    action       text   NOT NULL,
    kind         text   NOT NULL,
    phase        text   NOT NULL,
    outcome      text   NOT NULL,
    reason       text,
    actor        text,
    organisation text,
    role         text,
    site         text,
    country      text,
    contract     text,
    provider     text,
    batch        text,
    document     text,
    bytes        bigint NOT NULL,
    leaf         bytea  NOT NULL,
    priv         text,
    priv_salt    bytea,
    PRIMARY KEY (ledger, seq)
);
-- Not unique: an event that is in the outbox twice is to be seen twice, not to stop every
-- ledger.
CREATE INDEX audit_event_event ON audit_event (event);

-- The bitmap index: one row for each value of a field in a block of 64 events. Bit i
-- stands for event block * 64 + i. The rows are derived from the leaves. The numbers of
-- the fields are in docs/ledger.md.
CREATE TABLE audit_index (
    ledger text   NOT NULL,
    field  bigint NOT NULL,
    value  text   NOT NULL,
    block  bigint NOT NULL,
    bits   bigint NOT NULL,
    PRIMARY KEY (ledger, field, value, block)
) /* sqlite: WITHOUT ROWID */;

-- Full tiles of the ledgers' Merkle trees (C2SP tlog-tiles): 256 hashes of one level, one
-- after the other, and the hash over them, which is one hash of the next level. They are
-- derived from the leaves when they are first asked for, and never changed. A proof made
-- with a wrong one is noticed, because tiles are checked against the root.
CREATE TABLE audit_tile (
    ledger text   NOT NULL,
    level  bigint NOT NULL,
    idx    bigint NOT NULL,
    root   bytea  NOT NULL,
    hashes bytea  NOT NULL,
    PRIMARY KEY (ledger, level, idx)
);

-- The processes with running accesses, by the node name in their events. heartbeat rises
-- while the process lives. It is only compared with earlier values, never with a clock.
CREATE TABLE audit_node (
    node      text   NOT NULL PRIMARY KEY,
    heartbeat bigint NOT NULL
);

-- Grants that have not ended, derived from the leaves.
CREATE TABLE audit_open (
    ledger text   NOT NULL,
    event  text   NOT NULL,
    seq    bigint NOT NULL,
    node   text   NOT NULL,
    PRIMARY KEY (ledger, event)
);
CREATE INDEX audit_open_node ON audit_open (node);

-- The events that say under which name and with which key checkpoints are signed from
-- them on: copies out of the leaves, read when the ledgers are opened.
CREATE TABLE audit_control_event (
    ledger  text   NOT NULL,
    seq     bigint NOT NULL,
    action  text   NOT NULL,
    subject text   NOT NULL,
    PRIMARY KEY (ledger, seq)
);

-- Forked events: the database held them in the place of published ones, and they were set
-- aside when an epoch began. They are evidence, and part of no tree. epoch is the epoch
-- that began. Their erasable data is not stored here.
CREATE TABLE audit_forked_event (
    ledger text   NOT NULL,
    epoch  bigint NOT NULL,
    seq    bigint NOT NULL,
    leaf   bytea  NOT NULL,
    PRIMARY KEY (ledger, epoch, seq)
);

-- The published size of each log, by its name in checkpoints. It shows when a published
-- log has shrunk.
CREATE TABLE audit_published (
    name text   NOT NULL PRIMARY KEY,
    size bigint NOT NULL
);
