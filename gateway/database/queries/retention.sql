-- LockRetention locks the retention of a ledger until the transaction ends. Other
-- transactions that ask for the lock wait.
-- name: LockRetention :exec
INSERT INTO event_retention (ledger, class, upto) VALUES ($1, '', 0)
ON CONFLICT (ledger, class) DO UPDATE SET upto = event_retention.upto;

-- name: RetentionReached :one
SELECT upto FROM event_retention WHERE ledger = $1 AND class = $2;

-- name: SetRetentionReached :exec
INSERT INTO event_retention (ledger, class, upto) VALUES ($1, $2, $3)
ON CONFLICT (ledger, class) DO UPDATE SET upto = excluded.upto;

-- ReconsiderRetention makes every event of the ledger be looked at again, because a hold
-- was lifted.
-- name: ReconsiderRetention :exec
UPDATE event_retention SET upto = 0 WHERE ledger = $1;

-- HoldsInLedger are the standing holds on contracts of the client whose ledger it is, and
-- on their documents.
-- name: HoldsInLedger :many
SELECT h.contract, h.document FROM hold h JOIN contract c ON c.id = h.contract
WHERE c.client = sqlc.arg(ledger) AND h.valid_until = 9223372036854775807;

-- name: PeopleHeldInLedger :many
SELECT person FROM person_hold WHERE ledger = $1 AND valid_until = 9223372036854775807;

-- InsertPersonHold inserts no row where the person is held already.
-- name: InsertPersonHold :execrows
INSERT INTO person_hold (id, ledger, person, reason, placed_by, lifted_by, valid_from, valid_until)
VALUES ($1, $2, $3, $4, $5, '', $6, 9223372036854775807) ON CONFLICT DO NOTHING;

-- name: StandingPersonHold :one
SELECT * FROM person_hold WHERE ledger = $1 AND person = $2 AND valid_until = 9223372036854775807;

-- name: PersonHold :one
SELECT * FROM person_hold WHERE id = $1 AND ledger = $2;

-- name: LiftPersonHold :execrows
UPDATE person_hold SET lifted_by = $2, valid_until = $3 WHERE id = $1 AND valid_until = 9223372036854775807;

-- name: PersonHolds :many
SELECT * FROM person_hold WHERE ledger = $1 AND id > sqlc.arg(after) ORDER BY id LIMIT $2;

-- InsertPersonErasure inserts no row where an erasure of the same person is proposed or
-- running.
-- name: InsertPersonErasure :execrows
INSERT INTO person_erasure (id, ledger, person, reason, proposed_by, proposed, decided_by, decided, finished, halves)
VALUES ($1, $2, $3, $4, $5, $6, '', 0, 0, 0) ON CONFLICT DO NOTHING;

-- name: PersonErasure :one
SELECT * FROM person_erasure WHERE id = $1 AND ledger = $2;

-- name: PersonErasureForChange :one
SELECT * FROM person_erasure WHERE id = $1 AND ledger = $2 FOR UPDATE;

-- name: UnfinishedPersonErasure :one
SELECT * FROM person_erasure WHERE ledger = $1 AND person = $2 AND finished = 0;

-- name: DecidePersonErasure :execrows
UPDATE person_erasure SET decided_by = $2, decided = $3 WHERE id = $1 AND decided = 0;

-- name: UnfinishedPersonErasures :many
SELECT * FROM person_erasure WHERE decided > 0 AND finished = 0 AND id > sqlc.arg(after) ORDER BY id LIMIT 100;

-- name: CountErasedHalves :exec
UPDATE person_erasure SET halves = halves + sqlc.arg(erased) WHERE id = $1;

-- name: FinishPersonErasure :exec
UPDATE person_erasure SET finished = $2 WHERE id = $1 AND finished = 0;

-- LeaversToForget are people who have long left, are not held, and were not members of a
-- contract that is held.
-- name: LeaversToForget :many
SELECT p.id, p.organisation, o.kind FROM person p JOIN organisation o ON o.id = p.organisation
WHERE p.name <> '' AND p.valid_until < sqlc.arg(left_before)
  AND NOT EXISTS (SELECT 1 FROM person_hold s WHERE s.person = p.id AND s.valid_until = 9223372036854775807)
  AND NOT EXISTS (SELECT 1 FROM membership m JOIN hold h ON h.contract = m.contract
                  WHERE m.person = p.id AND h.valid_until = 9223372036854775807)
ORDER BY p.valid_until, p.id LIMIT 100;

-- ForgetName clears the name of a person who has left and is not held.
-- name: ForgetName :execrows
UPDATE person SET name = '' WHERE person.id = sqlc.arg(id) AND person.name <> '' AND person.valid_until < sqlc.arg(left_before)
  AND NOT EXISTS (SELECT 1 FROM person_hold s WHERE s.person = person.id AND s.valid_until = 9223372036854775807)
  AND NOT EXISTS (SELECT 1 FROM membership m JOIN hold h ON h.contract = m.contract
                  WHERE m.person = person.id AND h.valid_until = 9223372036854775807);
