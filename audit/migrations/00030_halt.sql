-- +goose Up

-- Why nothing is sequenced any more; NULL while it is. It stands in the row that every turn locks, so that no turn of any
-- process can begin after it was written.
ALTER TABLE audit_sequencer ADD COLUMN halt text;
ALTER TABLE audit_sequencer ADD COLUMN halt_node text;
ALTER TABLE audit_sequencer ADD COLUMN halt_ts bigint;
