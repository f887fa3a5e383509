-- name: InsertOrganisation :exec
INSERT INTO organisation (id, kind, name, country, created) VALUES ($1, $2, $3, $4, $5);

-- name: Organisation :one
SELECT * FROM organisation WHERE id = $1;

-- name: OrganisationByName :one
SELECT * FROM organisation WHERE name = $1;

-- OrganisationForChange makes requests queue that add members.
-- name: OrganisationForChange :one
SELECT * FROM organisation WHERE id = $1 FOR UPDATE;

-- name: MemberByName :one
SELECT * FROM person WHERE organisation = $1 AND name = $2 AND valid_until > sqlc.arg(now);

-- name: OperatorOrganisation :one
SELECT * FROM organisation WHERE kind = 'operator';

-- FirstOperator is the operator's person who holds the duty and came first.
-- name: FirstOperator :one
SELECT p.id FROM person p JOIN organisation o ON o.id = p.organisation JOIN duty d ON d.person = p.id
WHERE o.kind = 'operator' AND d.role = 'operator' AND p.valid_until > sqlc.arg(now) AND d.valid_until > sqlc.arg(now)
ORDER BY p.valid_from, p.id LIMIT 1;

-- name: InsertPerson :exec
INSERT INTO person (id, organisation, name, valid_from, valid_until) VALUES ($1, $2, $3, $4, $5);

-- Person is read by every act; the lock keeps a departure from overtaking it.
-- name: Person :one
SELECT p.*, o.kind AS organisation_kind FROM person p JOIN organisation o ON o.id = p.organisation
WHERE p.id = $1 FOR SHARE OF p;

-- PersonExists gives no row for a person who is not known. It takes no lock.
-- name: PersonExists :one
SELECT id FROM person WHERE id = $1;

-- name: EndPerson :execrows
UPDATE person SET valid_until = sqlc.arg(now) WHERE id = $1 AND valid_until > sqlc.arg(now);

-- name: EndCredentials :exec
UPDATE credential SET valid_until = sqlc.arg(now) WHERE person = $1 AND valid_until > sqlc.arg(now);

-- name: EndDuties :exec
UPDATE duty SET valid_until = sqlc.arg(now) WHERE person = $1 AND valid_until > sqlc.arg(now);

-- name: EndMemberships :exec
UPDATE membership SET valid_until = sqlc.arg(now) WHERE person = $1 AND valid_until > sqlc.arg(now);

-- name: InsertCredential :exec
INSERT INTO credential (id, person, secret_hash, valid_from, valid_until) VALUES ($1, $2, $3, $4, $5);

-- name: CredentialsInForce :many
SELECT * FROM credential WHERE person = $1 AND valid_from <= sqlc.arg(now) AND valid_until > sqlc.arg(now);

-- EndUnusedCredentials ends the secrets of a person with which no one has signed in.
-- name: EndUnusedCredentials :exec
UPDATE credential SET valid_until = sqlc.arg(now) WHERE person = $1 AND used = 0 AND valid_until > sqlc.arg(now);

-- name: SetCredentialUsed :exec
UPDATE credential SET used = $2 WHERE id = $1 AND used = 0;

-- name: InsertDuty :exec
INSERT INTO duty (id, person, role, granted_by, valid_from, valid_until) VALUES ($1, $2, $3, $4, $5, $6);

-- name: DutiesInForce :many
SELECT role FROM duty WHERE person = $1 AND valid_from <= sqlc.arg(now) AND valid_until > sqlc.arg(now) ORDER BY role;

-- name: InsertMembership :exec
INSERT INTO membership (id, contract, person, role, granted_by, valid_from, valid_until)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: Membership :one
SELECT * FROM membership WHERE id = $1 AND contract = $2 FOR UPDATE;

-- name: MembershipInForce :one
SELECT * FROM membership
WHERE person = $1 AND contract = $2 AND role = $3 AND valid_from <= sqlc.arg(now) AND valid_until > sqlc.arg(now) FOR SHARE;

-- name: EndMembership :execrows
UPDATE membership SET valid_until = sqlc.arg(now) WHERE id = $1 AND valid_until > sqlc.arg(now);

-- name: MembershipsInForce :many
SELECT role FROM membership
WHERE person = $1 AND contract = $2 AND valid_from <= sqlc.arg(now) AND valid_until > sqlc.arg(now) ORDER BY role FOR SHARE;
