-- InsertContract inserts no row where another request has just taken the reference.
-- name: InsertContract :execrows
INSERT INTO contract (id, client, provider, reference, created) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING;

-- Contract is read by every act on its batches and documents.
-- name: Contract :one
SELECT * FROM contract WHERE id = $1;

-- name: ContractByReference :one
SELECT * FROM contract WHERE client = $1 AND reference = $2;

-- Contracts lists the contracts on which the person is a member, and those of a client in
-- which the person has a duty. It hides a contract without an approved version from the
-- people of its provider.
-- name: Contracts :many
SELECT c.* FROM contract c
WHERE c.id > sqlc.arg(after)
  AND (c.client = sqlc.arg(client)
       OR EXISTS (SELECT 1 FROM membership m WHERE m.contract = c.id AND m.person = sqlc.arg(person)
                  AND m.valid_from <= sqlc.arg(now) AND m.valid_until > sqlc.arg(now)))
  AND (c.provider <> sqlc.arg(organisation)
       OR EXISTS (SELECT 1 FROM contract_version v WHERE v.contract = c.id AND v.approved > 0))
ORDER BY c.id LIMIT $1;

-- name: InsertContractVersion :exec
INSERT INTO contract_version (contract, version, terms, digest, proposed_by, proposed, approved_by, approved, effective_from)
VALUES ($1, $2, $3, $4, $5, $6, '', 0, $7);

-- name: NewestVersion :one
SELECT * FROM contract_version WHERE contract = $1 ORDER BY version DESC LIMIT 1;

-- name: ContractVersion :one
SELECT * FROM contract_version WHERE contract = $1 AND version = $2;

-- VersionInForce is the newest approved version whose effective date has come. It leaves
-- the terms out, because a version never changes and its compiled form is cached.
-- name: VersionInForce :one
SELECT version FROM contract_version
WHERE contract = $1 AND approved > 0 AND effective_from <= sqlc.arg(now)
ORDER BY version DESC LIMIT 1;

-- The lock makes every act that relies on the status wait for a change of it, and a
-- change wait for these acts.
-- name: ContractStatus :one
SELECT * FROM contract_status WHERE contract = $1 AND valid_until = 9223372036854775807 FOR SHARE;

-- name: ContractStatusForChange :one
SELECT * FROM contract_status WHERE contract = $1 AND valid_until = 9223372036854775807 FOR UPDATE;

-- name: EndContractStatus :execrows
UPDATE contract_status SET valid_until = $2 WHERE id = $1 AND valid_until = 9223372036854775807;

-- name: InsertContractStatus :exec
INSERT INTO contract_status (id, contract, status, reason, changed_by, valid_from, valid_until)
VALUES ($1, $2, $3, $4, $5, $6, 9223372036854775807);

-- name: InsertContractKey :exec
INSERT INTO contract_key (contract, epoch, recipient, created) VALUES ($1, $2, $3, $4);

-- name: InsertContractKeyCopy :exec
INSERT INTO contract_key_copy (contract, epoch, sealed_to, sealed) VALUES ($1, $2, $3, $4);

-- name: CurrentContractKey :one
SELECT * FROM contract_key WHERE contract = $1 ORDER BY epoch DESC LIMIT 1;

-- name: ContractKeyCopies :many
SELECT sealed_to, sealed FROM contract_key_copy WHERE contract = $1 AND epoch = $2 ORDER BY sealed_to;
