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

-- +goose Down
DROP INDEX key_rotation_finished;
DROP TABLE node_root;
