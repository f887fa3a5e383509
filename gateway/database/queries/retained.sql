-- RetainedObjects are objects that a lock of their store kept, and that were not tried
-- since a moment.
-- name: RetainedObjects :many
SELECT d.id, d.object_key FROM erased_document e JOIN document d ON d.id = e.document
WHERE e.object_gone = 2 AND e.tried <= sqlc.arg(before) ORDER BY e.tried, e.document LIMIT $1;

-- ReleasedErasures have a certificate that names retained objects, all of which have gone
-- since.
-- name: ReleasedErasures :many
SELECT * FROM erasure x WHERE retained > 0
  AND NOT EXISTS (SELECT 1 FROM erased_document e WHERE e.erasure = x.id AND e.object_gone = 2)
ORDER BY id LIMIT $1;
