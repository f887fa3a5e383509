-- +goose Up

-- A legal hold forbids erasing one document, or, with document empty, anything of the contract. valid_until is when it was
-- lifted.
CREATE TABLE hold (
    id          text   NOT NULL PRIMARY KEY,
    contract    text   NOT NULL REFERENCES contract (id),
    document    text   NOT NULL,
    reason      text   NOT NULL,
    placed_by   text   NOT NULL,
    lifted_by   text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX hold_contract ON hold (contract, document, valid_until);
-- One hold at a time.
CREATE UNIQUE INDEX hold_current ON hold (contract, document) WHERE valid_until = 9223372036854775807;

-- An erasure of one document or, with document empty, of a whole contract. A contract's is proposed by one person and
-- decided by another. decided is 0 until it is allowed: from then on it is carried out to its end, whoever dies in between.
-- journaled is when the journal apart from this database had it; certified and certificate come last. There are no
-- references: after a restore, the journal may name what this database never knew.
CREATE TABLE erasure (
    id          text   NOT NULL PRIMARY KEY,
    contract    text   NOT NULL,
    document    text   NOT NULL,
    reason      text   NOT NULL,
    proposed_by text   NOT NULL,
    proposed    bigint NOT NULL,
    decided_by  text   NOT NULL,
    decided     bigint NOT NULL,
    ledger      text   NOT NULL,
    event       text   NOT NULL, -- of the decision
    reapplied   bigint NOT NULL, -- when it was repeated after a restore
    journaled   bigint NOT NULL,
    certified   bigint NOT NULL,
    certificate text   NOT NULL
);
CREATE INDEX erasure_contract ON erasure (contract, document);
-- Only what is not done. SQLite uses this index only for a query that repeats its condition.
CREATE INDEX erasure_open ON erasure (decided) WHERE decided > 0 AND certified = 0;
CREATE INDEX erasure_decided ON erasure (decided);

-- A document whose header row is gone for good. object_gone: 0 not yet, 1 deleted with all versions, 2 the store refused.
CREATE TABLE erased_document (
    document    text   NOT NULL PRIMARY KEY REFERENCES document (id),
    erasure     text   NOT NULL REFERENCES erasure (id),
    erased      bigint NOT NULL,
    object_gone bigint NOT NULL
);
CREATE INDEX erased_document_erasure ON erased_document (erasure, object_gone, document);

-- What an erasure that spared documents under a legal hold must not touch when it is repeated.
CREATE TABLE erasure_exception (
    erasure  text NOT NULL REFERENCES erasure (id),
    document text NOT NULL,
    PRIMARY KEY (erasure, document)
);

-- +goose Down
DROP TABLE erasure_exception;
DROP TABLE erased_document;
DROP TABLE erasure;
DROP TABLE hold;
