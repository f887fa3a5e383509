-- name: StoreRecord :many
SELECT record FROM store_record WHERE place = $1;

-- name: KeepStoreRecord :exec
INSERT INTO store_record (place, tried, record) VALUES ($1, $2, $3)
ON CONFLICT (place) DO UPDATE SET tried = excluded.tried, record = excluded.record;
