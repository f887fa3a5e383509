-- +goose Up

-- Which roots each gateway that runs has at hand, so that none is retired under one that has no other. A gateway refreshes
-- seen while it runs and takes its rows away when it stops; those of one that died count for a time.
CREATE TABLE node_root (
    node        text   NOT NULL, -- one run of one process: host.random
    fingerprint text   NOT NULL,
    seen        bigint NOT NULL,
    PRIMARY KEY (node, fingerprint)
);

-- Which identities have lately been destroyed by a rotation.
CREATE INDEX key_rotation_finished ON key_rotation (finished);

-- Objects that their store would not delete, under a lock of its own, are tried again: tried is when that was last done, and
-- retained how many of them the certificate of an erasure names. SQLite uses these indexes only for queries that repeat
-- their condition.
ALTER TABLE erased_document ADD COLUMN tried bigint NOT NULL DEFAULT 0;
ALTER TABLE erasure ADD COLUMN retained bigint NOT NULL DEFAULT 0;
CREATE INDEX erased_document_retained ON erased_document (tried) WHERE object_gone = 2;
CREATE INDEX erasure_retained ON erasure (id) WHERE retained > 0;

-- +goose Down
DROP INDEX erasure_retained;
DROP INDEX erased_document_retained;
ALTER TABLE erasure DROP COLUMN retained;
ALTER TABLE erased_document DROP COLUMN tried;
DROP INDEX key_rotation_finished;
DROP TABLE node_root;
