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
JOIN assignment a ON a.id = theirs.assignment AND a.valid_until > sqlc.arg(now) AND theirs.valid_until > sqlc.arg(now)
WHERE mine.assignment = sqlc.arg(assignment);

-- name: Assignment :one
SELECT * FROM assignment WHERE id = $1 FOR SHARE;

-- name: AssignmentForChange :one
SELECT * FROM assignment WHERE id = $1 FOR UPDATE;

-- AssignmentDocuments are the documents of an assignment that were not taken back from
-- it.
-- name: AssignmentDocuments :many
SELECT document FROM assignment_document WHERE assignment = $1 AND valid_until = 9223372036854775807 ORDER BY document;

-- EverAssigned counts those of an assignment, taken back or not.
-- name: EverAssigned :one
SELECT CAST(COUNT(*) AS bigint) FROM assignment_document WHERE assignment = $1 AND document = $2;

-- name: EndAssignmentDocument :execrows
UPDATE assignment_document SET valid_until = sqlc.arg(now)
WHERE assignment = $1 AND document = $2 AND valid_until = 9223372036854775807;

-- BatchAssignments lists the standing assignments of a batch, with how many documents
-- each has, and of how many its person has read something.
-- name: BatchAssignments :many
SELECT sqlc.embed(a), p.name, p.organisation,
       (SELECT CAST(COUNT(*) AS bigint) FROM assignment_document ad WHERE ad.assignment = a.id AND ad.valid_until > sqlc.arg(now)) AS documents,
       (SELECT CAST(COUNT(*) AS bigint) FROM assignment_document ad WHERE ad.assignment = a.id AND ad.valid_until > sqlc.arg(now)
          AND EXISTS (SELECT 1 FROM reading_document r WHERE r.document = ad.document AND r.person = a.person)) AS read_documents
FROM assignment a JOIN person p ON p.id = a.person
WHERE a.batch = $1 AND a.valid_until > sqlc.arg(now) AND a.id > sqlc.arg(after) ORDER BY a.id LIMIT $2;

-- name: AssignmentsOfPerson :many
SELECT * FROM assignment WHERE person = $1 AND valid_until > sqlc.arg(now) AND id > sqlc.arg(after) ORDER BY id LIMIT $2;

-- AssignmentOfDocument is the standing assignment of a document to a person.
-- name: AssignmentOfDocument :one
SELECT a.* FROM assignment a JOIN assignment_document ad ON ad.assignment = a.id
WHERE ad.document = $1 AND a.person = $2 AND a.valid_until > sqlc.arg(now) AND ad.valid_until > sqlc.arg(now)
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
UPDATE reading SET documents = documents + sqlc.arg(read_documents), bytes = bytes + sqlc.arg(read_bytes)
WHERE contract = $1 AND person = $2 AND day = $3;

-- name: ReadToday :one
SELECT CAST(COUNT(*) AS bigint) FROM reading_document WHERE contract = $1 AND person = $2 AND day = $3 AND document = $4;

-- AddReadingDocument counts a read of a document. It gives the reads of the day, this one
-- among them.
-- name: AddReadingDocument :one
INSERT INTO reading_document (contract, person, day, document, grants, bytes) VALUES ($1, $2, $3, $4, 1, $5)
ON CONFLICT (contract, person, day, document) DO UPDATE SET grants = reading_document.grants + 1, bytes = reading_document.bytes + excluded.bytes
RETURNING grants;

-- GiveBackReading takes off what a download did not send, and the read itself when it
-- sent nothing.
-- name: GiveBackReading :one
UPDATE reading_document SET grants = grants - sqlc.arg(unread), bytes = bytes - sqlc.arg(unsent)
WHERE contract = $1 AND person = $2 AND day = $3 AND document = $4 RETURNING grants;

-- name: DeleteReadingDocument :exec
DELETE FROM reading_document WHERE contract = $1 AND person = $2 AND day = $3 AND document = $4 AND grants = 0;

-- EndAssignments ends a person's standing assignments: everywhere, or under one contract.
-- name: EndAssignments :exec
UPDATE assignment SET valid_until = sqlc.arg(now)
WHERE person = sqlc.arg(person) AND valid_until > sqlc.arg(now)
  AND (CAST(sqlc.arg(contract) AS text) = '' OR contract = sqlc.arg(contract));
