-- ContractVersions lists a contract's versions, oldest first.
-- name: ContractVersions :many
SELECT * FROM contract_version WHERE contract = $1 ORDER BY version LIMIT 1000;

-- name: NewestApprovedVersion :one
SELECT * FROM contract_version WHERE contract = $1 AND approved > 0 ORDER BY version DESC LIMIT 1;

-- InsertAmendment inserts no row where another request has just taken the number.
-- name: InsertAmendment :execrows
INSERT INTO contract_version (contract, version, terms, digest, proposed_by, proposed, approved_by, approved, effective_from)
VALUES ($1, $2, $3, $4, $5, $6, '', 0, $7) ON CONFLICT DO NOTHING;

-- ApproveVersionFrom approves a version that was not approved before, with the moment
-- from which it holds.
-- name: ApproveVersionFrom :execrows
UPDATE contract_version SET approved_by = $3, approved = $4, effective_from = $5
WHERE contract = $1 AND version = $2 AND approved = 0;

-- ApprovedAfter counts the approved versions with a higher number or a later date.
-- name: ApprovedAfter :one
SELECT CAST(COUNT(*) AS bigint) FROM contract_version
WHERE contract = sqlc.arg(contract) AND approved > 0
  AND (version > sqlc.arg(version) OR effective_from > CAST(sqlc.arg(effective) AS bigint));

-- SuspendedUntil counts the suspensions that ended at a moment.
-- name: SuspendedUntil :one
SELECT CAST(COUNT(*) AS bigint) FROM contract_status WHERE contract = $1 AND valid_until = $2 AND status = 'suspended';
