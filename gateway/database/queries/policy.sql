-- The questions to the policy read facts with the intervals in which they held.

-- WorkUnder sums up the documents that were assigned under a contract at any time between
-- since and before, by assignment, by class and by the time of their erasure. That time
-- is the end of time for documents that are not erased. Only documents that were received
-- before "before" count. An empty filter does not filter.
-- name: WorkUnder :many
SELECT a.id AS assignment, a.batch, a.contract, a.person, a.valid_from,
       CAST(CASE WHEN ad.valid_until < a.valid_until THEN ad.valid_until ELSE a.valid_until END AS bigint) AS ended, d.class,
       CAST(COUNT(*) AS bigint) AS documents, CAST(SUM(d.size) AS bigint) AS bytes, CAST(MIN(d.size) AS bigint) AS smallest,
       CAST(MIN(d.received) AS bigint) AS received,
       CAST(COALESCE(e.erased, 9223372036854775807) AS bigint) AS erased
FROM assignment a
JOIN assignment_document ad ON ad.assignment = a.id
JOIN document d ON d.id = ad.document AND d.state = 'received' AND d.received < sqlc.arg(before)
LEFT JOIN erased_document e ON e.document = d.id
WHERE a.contract = $1 AND a.valid_from < sqlc.arg(before) AND a.valid_until > sqlc.arg(since) AND ad.valid_until > sqlc.arg(since)
  AND (CAST(sqlc.arg(batch) AS text) = '' OR a.batch = sqlc.arg(batch))
  AND (CAST(sqlc.arg(person) AS text) = '' OR a.person = sqlc.arg(person))
  AND (CAST(sqlc.arg(document) AS text) = '' OR d.id = sqlc.arg(document))
GROUP BY a.id, a.batch, a.contract, a.person, a.valid_from, a.valid_until, ad.valid_until, d.class, e.erased
ORDER BY a.id, d.class, e.erased LIMIT $2;

-- name: LeasesOf :many
SELECT * FROM lease WHERE assignment = $1 ORDER BY valid_from;

-- name: MembershipsOf :many
SELECT * FROM membership WHERE person = $1 AND contract = $2 ORDER BY role, valid_from;

-- name: MembersOf :many
SELECT * FROM membership WHERE contract = $1 AND valid_from <= sqlc.arg(now) AND valid_until > sqlc.arg(now) ORDER BY role, person;

-- ContractsOf are the contracts of a client on which a person ever held a role.
-- name: ContractsOf :many
SELECT DISTINCT c.* FROM membership m JOIN contract c ON c.id = m.contract
WHERE m.person = $1 AND c.client = $2 ORDER BY c.id;

-- name: ContractStatuses :many
SELECT * FROM contract_status WHERE contract = $1 ORDER BY valid_from, valid_until;

-- name: BatchStates :many
SELECT * FROM batch_state WHERE batch = $1 ORDER BY valid_from, valid_until;

-- ReadingOf sums up what a person has read under a contract on a day. It gives no row if
-- the person read nothing. It takes no lock.
-- name: ReadingOf :one
SELECT documents, bytes FROM reading WHERE contract = $1 AND person = $2 AND day = $3;

-- DocumentsByClass counts a contract's received documents that were not erased.
-- name: DocumentsByClass :many
SELECT class, CAST(COUNT(*) AS bigint) AS documents, CAST(SUM(size) AS bigint) AS bytes
FROM document WHERE contract = $1 AND state = 'received'
  AND NOT EXISTS (SELECT 1 FROM erased_document e WHERE e.document = document.id)
GROUP BY class ORDER BY class;

-- RolesAnywhere are the roles that a person holds on any contract.
-- name: RolesAnywhere :many
SELECT DISTINCT role FROM membership WHERE person = $1 AND valid_from <= sqlc.arg(now) AND valid_until > sqlc.arg(now) ORDER BY role;
