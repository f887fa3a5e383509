-- +goose Up

-- The store is compared with the database one folder of objects after the other (`d/ab`): this finds the documents of one.
CREATE INDEX document_folder ON document (substr(object_key, 1, 4));

-- When the whole store was last looked through for what nothing refers to: one row, by which replicas agree who does it.
CREATE TABLE store_sweep (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    begun bigint NOT NULL
);
INSERT INTO store_sweep (id, begun) VALUES (1, 0);

-- +goose Down
DROP TABLE store_sweep;
DROP INDEX document_folder;
