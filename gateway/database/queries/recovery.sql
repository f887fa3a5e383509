-- ReceivedDocuments are all documents of a contract that were ever received, erased or
-- not.
-- name: ReceivedDocuments :many
SELECT sqlc.embed(d), b.reference AS batch_reference FROM document d JOIN batch b ON b.id = d.batch
WHERE d.contract = $1 AND d.state = 'received' AND d.id > sqlc.arg(after) ORDER BY d.id LIMIT $2;

-- name: CountReceivedDocuments :one
SELECT CAST(COUNT(*) AS bigint) FROM document WHERE contract = $1 AND state = 'received';
