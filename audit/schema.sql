-- The ledger's tables. Until the first release this text changes in place, and its number
-- in migrate.go rises each time.
--
-- One text for SQLite and PostgreSQL; where SQLite alone says more, that is in a comment
-- that begins with "sqlite:". Times are bigint microseconds since 1970 UTC. The triggers
-- that keep events and their index from being changed are in triggers.go: each engine has
-- its own language for them.

-- One row: the lock of the sequencer. A transaction that has raised round sequences until
-- it ends.
--
-- halt says why nothing is sequenced any more; it is NULL while events are sequenced. It
-- stands in this row so that no process can begin a round after it was written.
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

-- Where each ledger ends. compact_range is that of RFC 6962, of all size leaves: 32 bytes
-- for each bit set in size, the largest subtree first. indexed is how many blocks of 64
-- events, from the first on, have their rows in audit_index.
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

-- What queries find events by: for each value of a field in a block of 64 events one row,
-- whose bit i stands for event block * 64 + i. It is derived from the leaves. The numbers
-- of the fields are in docs/ledger.md.
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

-- The processes that have accesses running, by the name that their events carry.
-- heartbeat rises while such a process lives. It is compared with itself only, never with
-- a clock.
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

-- Events that the database held in the place of others that were published, set aside
-- when an epoch began: evidence, and part of no tree. epoch is the one that began. The
-- parts of them that can be erased are not kept a second time.
CREATE TABLE audit_forked_event (
    ledger text   NOT NULL,
    epoch  bigint NOT NULL,
    seq    bigint NOT NULL,
    leaf   bytea  NOT NULL,
    PRIMARY KEY (ledger, epoch, seq)
);

-- How far each log was published, by its name in checkpoints: what is published can go
-- back too, and that is noticed by this.
CREATE TABLE audit_published (
    name text   NOT NULL PRIMARY KEY,
    size bigint NOT NULL
);
