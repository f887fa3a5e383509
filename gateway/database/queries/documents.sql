-- InsertBatch inserts no row where another request has just taken the reference.
-- name: InsertBatch :execrows
INSERT INTO batch (id, contract, reference, opened_by, opened, manifest) VALUES ($1, $2, $3, $4, $5, '')
ON CONFLICT DO NOTHING;

-- name: Batch :one
SELECT * FROM batch WHERE id = $1;

-- name: BatchByReference :one
SELECT * FROM batch WHERE contract = $1 AND reference = $2 AND withdrawn = 0;

-- name: SetBatchWithdrawn :exec
UPDATE batch SET withdrawn = $2 WHERE id = $1;

-- name: SetManifest :exec
UPDATE batch SET manifest = $2 WHERE id = $1;

-- name: BatchState :one
SELECT * FROM batch_state WHERE batch = $1 AND valid_until = 9223372036854775807 FOR SHARE;

-- name: BatchStateForChange :one
SELECT * FROM batch_state WHERE batch = $1 AND valid_until = 9223372036854775807 FOR UPDATE;

-- name: EndBatchState :execrows
UPDATE batch_state SET valid_until = $2 WHERE id = $1 AND valid_until = 9223372036854775807;

-- name: InsertBatchState :exec
INSERT INTO batch_state (id, batch, state, changed_by, valid_from, valid_until)
VALUES ($1, $2, $3, $4, $5, 9223372036854775807);

-- name: BatchTotals :one
SELECT CAST(COUNT(*) AS bigint) AS documents, CAST(COALESCE(SUM(size), 0) AS bigint) AS bytes
FROM document WHERE batch = $1 AND state = 'received';

-- name: UploadsInProgress :one
SELECT CAST(COUNT(*) AS bigint) FROM document WHERE batch = $1 AND state = 'receiving';

-- Batches lists the batches of contracts on which the person holds a role, oldest first.
-- Of unsealed batches it lists only those that the person fills: policy refuses the
-- others, and a page should not be looked for among them. With a person in assigned, it
-- lists only batches with a standing assignment to that person.
-- name: Batches :many
SELECT sqlc.embed(b), s.state, s.valid_from AS state_from FROM batch b
JOIN batch_state s ON s.batch = b.id AND s.valid_until = 9223372036854775807
WHERE (b.opened > sqlc.arg(after_opened) OR (b.opened = sqlc.arg(after_opened) AND b.id > sqlc.arg(after)))
  AND (CAST(sqlc.arg(state) AS text) = '' OR s.state = sqlc.arg(state))
  AND (CAST(sqlc.arg(reference) AS text) = '' OR b.reference = sqlc.arg(reference))
  AND EXISTS (SELECT 1 FROM membership m WHERE m.contract = b.contract AND m.person = sqlc.arg(person)
              AND m.valid_from <= sqlc.arg(now) AND m.valid_until > sqlc.arg(now)
              AND (s.state = 'sealed' OR m.role = 'client-system'))
  AND (CAST(sqlc.arg(assigned) AS text) = ''
       OR EXISTS (SELECT 1 FROM assignment a WHERE a.batch = b.id AND a.person = sqlc.arg(assigned)
                  AND a.valid_until > sqlc.arg(now)))
ORDER BY b.opened, b.id LIMIT $1;

-- InsertDocument inserts no row where another request has just taken the reference.
-- name: InsertDocument :execrows
INSERT INTO document (id, batch, contract, version, reference, class, media_type, charset, state, object_key, size, digest,
                      sent_by, created, touched, received, swept)
VALUES ($1, $2, $3, $4, $5, $6, $7, sqlc.arg(charset), 'receiving', $8, $9, $10, $11, $12, $12, 0, 0)
ON CONFLICT DO NOTHING;

-- name: Document :one
SELECT * FROM document WHERE id = $1;

-- name: DocumentByReference :one
SELECT * FROM document WHERE batch = $1 AND reference = $2 AND state IN ('receiving', 'received');

-- name: DocumentsOfBatch :many
SELECT sqlc.embed(d), h.file_name, CAST(COALESCE(r.id, '') AS text) AS receipt FROM document d
JOIN document_header h ON h.document = d.id
LEFT JOIN receipt r ON r.document = d.id AND r.kind = 'received'
WHERE d.batch = $1 AND d.state = 'received' AND d.reference > sqlc.arg(after)
  AND (CAST(sqlc.arg(assigned) AS text) = ''
       OR EXISTS (SELECT 1 FROM assignment_document ad JOIN assignment a ON a.id = ad.assignment
                  WHERE ad.document = d.id AND a.person = sqlc.arg(assigned) AND a.valid_until > sqlc.arg(now) AND ad.valid_until > sqlc.arg(now)))
ORDER BY d.reference LIMIT $2;

-- TouchDocument notes that the upload still runs.
-- name: TouchDocument :execrows
UPDATE document SET touched = $2 WHERE id = $1 AND state = 'receiving';

-- ReceiveDocument and AbandonDocument are the two ends of an upload. Each is conditional
-- on the state, so that exactly one of them happens.
-- name: ReceiveDocument :execrows
UPDATE document SET state = 'received', size = $2, digest = $3, received = $4 WHERE id = $1 AND state = 'receiving';

-- name: AbandonDocument :execrows
UPDATE document SET state = 'abandoned' WHERE id = $1 AND state = 'receiving';

-- WithdrawDocument takes back a document, and WithdrawDocuments all of a batch.
-- name: WithdrawDocument :execrows
UPDATE document SET state = 'withdrawn' WHERE id = $1 AND state = 'received';

-- name: WithdrawDocuments :execrows
UPDATE document SET state = 'withdrawn' WHERE batch = $1 AND state = 'received';

-- name: AbandonIdleDocument :execrows
UPDATE document SET state = 'abandoned' WHERE id = $1 AND state = 'receiving' AND touched < sqlc.arg(idle_since);

-- name: IdleUploads :many
SELECT * FROM document WHERE state <> 'received' AND state = 'receiving' AND touched < sqlc.arg(idle_since)
ORDER BY touched LIMIT $1;

-- SweepableUploads are abandoned uploads whose object was never deleted, or was last
-- deleted while a late write could still come.
-- name: SweepableUploads :many
SELECT * FROM document WHERE state <> 'received' AND state = 'abandoned' AND (swept = 0 OR swept < touched + CAST(sqlc.arg(late) AS bigint))
  AND swept < CAST(sqlc.arg(now) AS bigint) - CAST(sqlc.arg(pause) AS bigint)
ORDER BY touched LIMIT $1;

-- name: SetSwept :exec
UPDATE document SET swept = $2 WHERE id = $1;

-- name: InsertDocumentHeader :exec
INSERT INTO document_header (document, epoch, header, file_name, binding) VALUES ($1, $2, $3, $4, $5);

-- name: DocumentHeader :one
SELECT * FROM document_header WHERE document = $1;

-- name: InsertReceipt :exec
INSERT INTO receipt (id, contract, document, kind, jws, issued) VALUES ($1, $2, $3, $4, $5, $6);

-- name: Receipt :one
SELECT * FROM receipt WHERE id = $1;

-- name: ReceiptOfDocument :one
SELECT * FROM receipt WHERE document = $1 AND kind = $2;

-- ReceiptsOfBatch lists the receipts of a batch's documents by the documents' references.
-- name: ReceiptsOfBatch :many
SELECT sqlc.embed(r), d.reference FROM document d JOIN receipt r ON r.document = d.id AND r.kind = 'received'
WHERE d.batch = $1 AND d.state = 'received' AND d.reference > sqlc.arg(after) ORDER BY d.reference LIMIT $2;
