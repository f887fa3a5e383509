-- name: InsertAssignment :exec
INSERT INTO assignment (id, batch, contract, person, assigned_by, valid_from, valid_until)
VALUES ($1, $2, $3, $4, $5, $6, 9223372036854775807);

-- name: InsertAssignmentDocument :exec
INSERT INTO assignment_document (assignment, document) VALUES ($1, $2);

-- AssignEveryDocument assigns all received documents of a batch.
-- name: AssignEveryDocument :execrows
INSERT INTO assignment_document (assignment, document)
SELECT CAST(sqlc.arg(assignment) AS text), d.id FROM document d WHERE d.batch = sqlc.arg(batch) AND d.state = 'received';

-- AssignedTwice counts the documents of an assignment that are also in another standing
-- assignment.
-- name: AssignedTwice :one
SELECT CAST(COUNT(*) AS bigint) FROM assignment_document mine
JOIN assignment_document theirs ON theirs.document = mine.document AND theirs.assignment <> mine.assignment
JOIN assignment a ON a.id = theirs.assignment AND a.valid_until > sqlc.arg(now)
WHERE mine.assignment = sqlc.arg(assignment);

-- name: Assignment :one
SELECT * FROM assignment WHERE id = $1 FOR SHARE;

-- name: AssignmentForChange :one
SELECT * FROM assignment WHERE id = $1 FOR UPDATE;

-- name: AssignmentDocuments :many
SELECT document FROM assignment_document WHERE assignment = $1 ORDER BY document;

-- name: AssignmentsOfPerson :many
SELECT * FROM assignment WHERE person = $1 AND valid_until > sqlc.arg(now) AND id > sqlc.arg(after) ORDER BY id LIMIT $2;

-- AssignmentOfDocument is the standing assignment of a document to a person.
-- name: AssignmentOfDocument :one
SELECT a.* FROM assignment a JOIN assignment_document ad ON ad.assignment = a.id
WHERE ad.document = $1 AND a.person = $2 AND a.valid_until > sqlc.arg(now)
ORDER BY a.valid_from DESC LIMIT 1 FOR SHARE OF a;

-- AssignmentOfBatch is any standing assignment of a batch's documents to a person.
-- name: AssignmentOfBatch :one
SELECT a.* FROM assignment a WHERE a.batch = $1 AND a.person = $2 AND a.valid_until > sqlc.arg(now)
ORDER BY a.valid_from DESC LIMIT 1;

-- name: EndAssignment :execrows
UPDATE assignment SET valid_until = sqlc.arg(now) WHERE id = $1 AND valid_until > sqlc.arg(now);

-- name: StandingAssignments :many
SELECT id FROM assignment WHERE batch = $1 AND person = $2 AND assigned_by = $3 AND valid_until > sqlc.arg(now) ORDER BY id;

-- name: ReceivedOfBatch :many
SELECT id FROM document WHERE batch = $1 AND state = 'received' ORDER BY id;

-- name: InsertLease :exec
INSERT INTO lease (id, assignment, person, valid_from, valid_until) VALUES ($1, $2, $3, $4, $5);

-- name: NewestLease :one
SELECT * FROM lease WHERE assignment = $1 ORDER BY valid_until DESC LIMIT 1 FOR SHARE;

-- name: EndLeases :exec
UPDATE lease SET valid_until = sqlc.arg(now) WHERE assignment = $1 AND valid_until > sqlc.arg(now);

-- LockReading gives the day's sums and locks them until the transaction ends, so that
-- parallel requests never pass a ceiling together.
-- name: LockReading :one
INSERT INTO reading (contract, person, day, documents, bytes) VALUES ($1, $2, $3, 0, 0)
ON CONFLICT (contract, person, day) DO UPDATE SET documents = reading.documents
RETURNING documents, bytes;

-- name: AddReading :exec
UPDATE reading SET documents = documents + 1, bytes = bytes + sqlc.arg(read_bytes)
WHERE contract = $1 AND person = $2 AND day = $3;

-- EndAssignments ends a person's standing assignments: everywhere, or under one contract.
-- name: EndAssignments :exec
UPDATE assignment SET valid_until = sqlc.arg(now)
WHERE person = sqlc.arg(person) AND valid_until > sqlc.arg(now)
  AND (CAST(sqlc.arg(contract) AS text) = '' OR contract = sqlc.arg(contract));
