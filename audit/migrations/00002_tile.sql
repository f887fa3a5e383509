-- +goose Up

-- Full tiles of the ledgers' Merkle trees (C2SP tlog-tiles): 256 hashes of one level, one after the other, and the hash
-- over them, which is one hash of the next level. They are derived from the leaves, written by whoever asks first, and
-- never changed; a proof made with a wrong one is noticed, because tiles are checked against the root.
CREATE TABLE audit_tile (
    ledger text   NOT NULL,
    level  bigint NOT NULL,
    idx    bigint NOT NULL,
    root   bytea  NOT NULL,
    hashes bytea  NOT NULL,
    PRIMARY KEY (ledger, level, idx)
);
