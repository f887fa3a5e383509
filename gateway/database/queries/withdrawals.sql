-- HoldsOnBatch counts the holds that keep a batch from being withdrawn, on one of its
-- documents or on the contract.
-- name: HoldsOnBatch :one
SELECT CAST(COUNT(*) AS bigint) FROM hold h
WHERE h.contract = $1 AND h.valid_until = 9223372036854775807
  AND (h.document = '' OR EXISTS (SELECT 1 FROM document d WHERE d.id = h.document AND d.batch = sqlc.arg(batch)));

-- EraseBatch inserts an erasure for each received document of a batch that has none. Its
-- identifier is the document's under another letter: a document is erased once.
-- name: EraseBatch :exec
INSERT INTO erasure (id, contract, document, reason, proposed_by, proposed, decided_by, decided, ledger, event, reapplied,
                     journaled, certified, certificate)
SELECT 'x_' || substr(d.id, 3), d.contract, d.id, CAST(sqlc.arg(reason) AS text), CAST(sqlc.arg(person) AS text), CAST(sqlc.arg(now) AS bigint),
       CAST(sqlc.arg(person) AS text), CAST(sqlc.arg(now) AS bigint), CAST(sqlc.arg(ledger) AS text), CAST(sqlc.arg(event) AS text), 0, 0, 0, ''
FROM document d WHERE d.batch = sqlc.arg(batch) AND d.state = 'received'
  AND NOT EXISTS (SELECT 1 FROM erased_document e WHERE e.document = d.id);

-- name: EraseDocumentsOfBatch :exec
INSERT INTO erased_document (document, erasure, erased, object_gone)
SELECT d.id, 'x_' || substr(d.id, 3), CAST(sqlc.arg(now) AS bigint), 0 FROM document d
WHERE d.batch = sqlc.arg(batch) AND d.state = 'received'
  AND NOT EXISTS (SELECT 1 FROM erased_document e WHERE e.document = d.id);

-- name: DeleteHeadersOfBatch :exec
DELETE FROM document_header WHERE document IN (SELECT d.id FROM document d WHERE d.batch = $1 AND d.state = 'received');

-- ErasuresOfBatch are the erasures of a withdrawn batch that are not certified yet.
-- name: ErasuresOfBatch :many
SELECT e.* FROM document d JOIN erased_document x ON x.document = d.id JOIN erasure e ON e.id = x.erasure
WHERE d.batch = $1 AND d.state = 'withdrawn' AND e.certified = 0 AND e.id > sqlc.arg(after) ORDER BY e.id LIMIT $2;
