-- name: SetNodeRoot :exec
INSERT INTO node_root (node, fingerprint, seen) VALUES ($1, $2, $3)
ON CONFLICT (node, fingerprint) DO UPDATE SET seen = excluded.seen;

-- name: NodeRootsSince :many
SELECT * FROM node_root WHERE seen > sqlc.arg(since) ORDER BY node, fingerprint;

-- name: DeleteNodeRoots :exec
DELETE FROM node_root WHERE node = $1;

-- name: DeleteNodeRootsBefore :exec
DELETE FROM node_root WHERE seen < sqlc.arg(before);

-- EndKeyRotation ends the running rotation of a contract that has no key any more.
-- name: EndKeyRotation :exec
UPDATE key_rotation SET finished = $2 WHERE contract = $1 AND finished = 0;

-- name: KeyRotationsFinishedSince :many
SELECT contract, epoch FROM key_rotation WHERE finished >= sqlc.arg(since) ORDER BY finished;
