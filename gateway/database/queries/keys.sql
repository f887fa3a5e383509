-- KeyHolders lists all recipients of contract keys, with those whose time has ended.
-- name: KeyHolders :many
SELECT * FROM key_holder ORDER BY kind DESC, valid_from, fingerprint;

-- name: SetKeyHolder :exec
INSERT INTO key_holder (fingerprint, kind, valid_from, valid_until) VALUES ($1, $2, $3, 9223372036854775807)
ON CONFLICT (fingerprint) DO UPDATE SET kind = excluded.kind, valid_until = 9223372036854775807;

-- name: EndKeyHolder :execrows
UPDATE key_holder SET valid_until = $2 WHERE fingerprint = $1 AND valid_until = 9223372036854775807;

-- name: ContractsByID :many
SELECT id, client FROM contract WHERE id > sqlc.arg(after) ORDER BY id LIMIT $1;

-- name: ContractKeys :many
SELECT * FROM contract_key WHERE contract = $1 ORDER BY epoch;

-- The lock makes transactions queue that rewrap or destroy the same identity.
-- name: ContractKeyForChange :one
SELECT * FROM contract_key WHERE contract = $1 AND epoch = $2 FOR UPDATE;

-- name: DeleteContractKeyCopy :execrows
DELETE FROM contract_key_copy WHERE contract = $1 AND epoch = $2 AND sealed_to = $3;

-- name: DeleteEarlierContractKeyCopies :execrows
DELETE FROM contract_key_copy WHERE contract = $1 AND epoch < $2;

-- name: InsertKeyRotation :exec
INSERT INTO key_rotation (contract, epoch, headers, started, finished) VALUES ($1, $2, $3, $4, 0);

-- name: RunningKeyRotation :one
SELECT * FROM key_rotation WHERE contract = $1 AND finished = 0;

-- name: RunningKeyRotations :many
SELECT * FROM key_rotation WHERE finished = 0 AND contract > sqlc.arg(after) ORDER BY contract LIMIT $1;

-- name: FinishKeyRotation :execrows
UPDATE key_rotation SET finished = $3 WHERE contract = $1 AND epoch = $2 AND finished = 0;

-- name: CountHeaders :one
SELECT CAST(COUNT(*) AS bigint) FROM document d JOIN document_header h ON h.document = d.id
WHERE d.contract = $1 AND h.epoch < $2;

-- name: HeadersOfContract :many
SELECT h.document, h.epoch, h.header FROM document d JOIN document_header h ON h.document = d.id
WHERE d.contract = $1 AND d.id > sqlc.arg(after) AND h.epoch < sqlc.arg(before_epoch)
ORDER BY d.id LIMIT $2;

-- ReplaceHeader replaces a header that is still of the epoch that it was read with.
-- name: ReplaceHeader :execrows
UPDATE document_header SET header = $3, epoch = sqlc.arg(new_epoch) WHERE document = $1 AND epoch = $2;

-- UploadsBefore counts the uploads in progress that began before a moment.
-- name: UploadsBefore :one
SELECT CAST(COUNT(*) AS bigint) FROM document
WHERE state <> 'received' AND state = 'receiving' AND contract = $1 AND created <= sqlc.arg(moment);
