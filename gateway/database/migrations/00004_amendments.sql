-- +goose Up

-- The questions to the policy: what stood under a contract at a time, and which of its documents a version is about.
CREATE INDEX assignment_contract ON assignment (contract, valid_until);
CREATE INDEX document_class ON document (contract, class, state);
CREATE INDEX contract_status_end ON contract_status (contract, valid_until);
CREATE INDEX batch_state_history ON batch_state (batch, valid_from);

-- +goose Down
DROP INDEX batch_state_history;
DROP INDEX contract_status_end;
DROP INDEX document_class;
DROP INDEX assignment_contract;
