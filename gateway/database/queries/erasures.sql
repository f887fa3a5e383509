-- InsertHold inserts no row where the object is held already.
-- name: InsertHold :execrows
INSERT INTO hold (id, contract, document, reason, placed_by, lifted_by, valid_from, valid_until)
VALUES ($1, $2, $3, $4, $5, '', $6, 9223372036854775807) ON CONFLICT DO NOTHING;

-- name: Hold :one
SELECT * FROM hold WHERE id = $1;

-- name: LiftHold :execrows
UPDATE hold SET lifted_by = $2, valid_until = $3 WHERE id = $1 AND valid_until = 9223372036854775807;

-- name: HoldsOfContract :many
SELECT * FROM hold WHERE contract = $1 AND id > sqlc.arg(after) ORDER BY id LIMIT $2;

-- HoldsOn counts the holds that keep a document from being erased, on itself or on its
-- contract. With an empty document it counts those on the contract.
-- name: HoldsOn :one
SELECT CAST(COUNT(*) AS bigint) FROM hold
WHERE contract = $1 AND document IN ('', sqlc.arg(document)) AND valid_until = 9223372036854775807;

-- name: HeldDocuments :many
SELECT h.document FROM hold h JOIN document_header d ON d.document = h.document
WHERE h.contract = $1 AND h.document <> '' AND h.valid_until = 9223372036854775807 ORDER BY h.document;

-- name: InsertErasure :exec
INSERT INTO erasure (id, contract, document, reason, proposed_by, proposed, decided_by, decided, ledger, event, reapplied,
                     journaled, certified, certificate)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, '');

-- name: Erasure :one
SELECT * FROM erasure WHERE id = $1;

-- name: ErasureForChange :one
SELECT * FROM erasure WHERE id = $1 FOR UPDATE;

-- name: ErasuresOf :many
SELECT * FROM erasure WHERE contract = $1 AND document = $2 ORDER BY proposed DESC, id LIMIT 100;

-- name: DecideErasure :execrows
UPDATE erasure SET decided_by = $2, decided = $3, ledger = $4, event = $5 WHERE id = $1 AND decided = 0;

-- name: UnfinishedErasures :many
SELECT * FROM erasure WHERE decided > 0 AND certified = 0 AND decided < sqlc.arg(before) AND id > sqlc.arg(after) ORDER BY id LIMIT 100;

-- name: ContractsErasedSince :many
SELECT contract FROM erasure WHERE decided >= sqlc.arg(since) AND document = '' ORDER BY decided;

-- name: SetErasureJournaled :exec
UPDATE erasure SET journaled = $2 WHERE id = $1 AND journaled = 0;

-- CertifyErasure keeps a certificate, unless another one was kept since the earlier one.
-- 0 means that there was none.
-- name: CertifyErasure :execrows
UPDATE erasure SET certified = $2, certificate = $3, retained = $4 WHERE id = $1 AND certified = sqlc.arg(earlier);

-- name: DeleteContractKeyCopies :execrows
DELETE FROM contract_key_copy WHERE contract = $1;

-- name: CountContractKeyCopies :one
SELECT CAST(COUNT(*) AS bigint) FROM contract_key_copy WHERE contract = $1;

-- name: InsertErasureException :exec
INSERT INTO erasure_exception (erasure, document) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ErasureExceptions :many
SELECT document FROM erasure_exception WHERE erasure = $1 ORDER BY document;

-- name: DeleteDocumentHeader :execrows
DELETE FROM document_header WHERE document = $1;

-- name: InsertErasedDocument :exec
INSERT INTO erased_document (document, erasure, erased, object_gone) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING;

-- name: ErasedDocument :one
SELECT * FROM erased_document WHERE document = $1;

-- DocumentsToErase are documents of a contract that still have their header and are not
-- spared by the erasure.
-- name: DocumentsToErase :many
SELECT d.id FROM document d JOIN document_header h ON h.document = d.id
WHERE d.contract = $1 AND d.id > sqlc.arg(after)
  AND NOT EXISTS (SELECT 1 FROM erasure_exception x WHERE x.erasure = sqlc.arg(erasure) AND x.document = d.id)
ORDER BY d.id LIMIT $2;

-- name: ObjectsToErase :many
SELECT d.id, d.object_key FROM erased_document e JOIN document d ON d.id = e.document
WHERE e.erasure = $1 AND e.object_gone = 0 AND e.document > sqlc.arg(after) ORDER BY e.document LIMIT $2;

-- name: SetErasureRefused :execrows
UPDATE erasure SET refused = $2 WHERE id = $1 AND refused = 0;

-- name: RefusedErasures :many
SELECT * FROM erasure WHERE decided > 0 AND certified = 0 AND refused > 0 ORDER BY decided LIMIT 100;

-- name: SetObjectGone :exec
UPDATE erased_document SET object_gone = $2, tried = $3 WHERE document = $1;

-- name: ErasureTotals :one
SELECT CAST(COUNT(*) AS bigint) AS documents, CAST(COALESCE(SUM(d.size), 0) AS bigint) AS bytes,
       CAST(COALESCE(SUM(CASE WHEN e.object_gone = 2 THEN 1 ELSE 0 END), 0) AS bigint) AS objects_left
FROM erased_document e JOIN document d ON d.id = e.document WHERE e.erasure = $1;

-- HeadersLeft counts the erased documents that have a header. There is none, unless a
-- header was put back.
-- name: HeadersLeft :one
SELECT CAST(COUNT(*) AS bigint) FROM erased_document e JOIN document_header h ON h.document = e.document WHERE e.erasure = $1;

-- name: StandingHold :one
SELECT * FROM hold WHERE contract = $1 AND document = $2 AND valid_until = 9223372036854775807;

-- RepeatErasure decides, after a restore, an erasure that the backup knew only as a
-- proposal.
-- name: RepeatErasure :execrows
UPDATE erasure SET decided_by = $2, decided = $3, ledger = $4, event = $5, reapplied = $6, journaled = $6 WHERE id = $1 AND decided = 0;
