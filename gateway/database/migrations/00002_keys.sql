-- +goose Up

-- Who contracts' identities are sealed to, by fingerprint: the roots, and the recovery recipients that the configuration
-- names. To one whose time has ended nothing is sealed any more, by no replica, however old the root file is that it read.
CREATE TABLE key_holder (
    fingerprint text   NOT NULL PRIMARY KEY,
    kind        text   NOT NULL CHECK (kind IN ('root', 'recovery')),
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);

-- The replacement of a contract's identity by that of epoch. headers are those that were to be rewrapped when it began.
-- It has finished when no header of an earlier epoch is left, and the sealed copies of earlier epochs are destroyed.
CREATE TABLE key_rotation (
    contract text   NOT NULL,
    epoch    bigint NOT NULL,
    headers  bigint NOT NULL,
    started  bigint NOT NULL,
    finished bigint NOT NULL, -- 0 while it runs
    PRIMARY KEY (contract, epoch),
    FOREIGN KEY (contract, epoch) REFERENCES contract_key (contract, epoch)
);
-- One rotation of a contract at a time.
CREATE UNIQUE INDEX key_rotation_running ON key_rotation (contract) WHERE finished = 0;

CREATE INDEX document_contract ON document (contract, id);

-- +goose Down
DROP INDEX document_contract;
DROP TABLE key_rotation;
DROP TABLE key_holder;
