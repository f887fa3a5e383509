-- +goose Up

-- One text for SQLite and PostgreSQL.

-- The events that say under which name and with which key checkpoints are signed from them on: copies out of the leaves,
-- read when the ledgers are opened.
CREATE TABLE audit_mark (
    ledger  text   NOT NULL,
    seq     bigint NOT NULL,
    action  text   NOT NULL,
    subject text   NOT NULL,
    PRIMARY KEY (ledger, seq)
);

-- Events that the database held in the place of others that were published, set aside when an epoch began: evidence, and
-- part of no tree. epoch is the one that began. Their erasable halves are not kept a second time.
CREATE TABLE audit_stray (
    ledger text   NOT NULL,
    epoch  bigint NOT NULL,
    seq    bigint NOT NULL,
    leaf   bytea  NOT NULL,
    PRIMARY KEY (ledger, epoch, seq)
);

-- How far each log was published, by its name in checkpoints: what is published can go back too.
CREATE TABLE audit_published (
    name text   NOT NULL PRIMARY KEY,
    size bigint NOT NULL
);
