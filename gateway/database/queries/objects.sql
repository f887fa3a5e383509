-- ObjectReferences counts the rows of all tables that refer to an object. In every table,
-- a column that holds the key of an object is named object_key and is asked here.
-- gateway/upkeep/fsck_references.go lists these columns. A gateway that finds an
-- object_key column that is not in the list removes no orphans.
-- name: ObjectReferences :one
SELECT CAST(COUNT(*) AS bigint) FROM document WHERE object_key = $1;

-- DocumentsInFolder are the documents, in every state, whose objects have keys that begin
-- with the folder, as in d/ab. epoch is 0 without a header. object_gone is -1 for a
-- document that is not erased.
-- name: DocumentsInFolder :many
SELECT d.id, d.contract, c.client, d.state, d.object_key, d.size, d.touched, d.swept,
       CAST(COALESCE(h.epoch, 0) AS bigint) AS epoch, CAST(COALESCE(e.object_gone, -1) AS bigint) AS object_gone
FROM document d JOIN contract c ON c.id = d.contract
LEFT JOIN document_header h ON h.document = d.id
LEFT JOIN erased_document e ON e.document = d.id
WHERE substr(d.object_key, 1, 4) = sqlc.arg(folder);

-- name: DocumentOfObject :one
SELECT * FROM document WHERE object_key = $1;

-- ClaimStoreSweep lets one replica sweep the store, if the last sweep is long enough ago.
-- name: ClaimStoreSweep :execrows
UPDATE store_sweep SET begun = sqlc.arg(now) WHERE id = 1 AND begun <= sqlc.arg(before);
