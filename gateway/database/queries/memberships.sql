-- MembershipPage lists the memberships of a contract that are in force, by their ids.
-- name: MembershipPage :many
SELECT * FROM membership
WHERE contract = $1 AND id > sqlc.arg(after) AND valid_from <= sqlc.arg(now) AND valid_until > sqlc.arg(now)
ORDER BY id LIMIT $2;
