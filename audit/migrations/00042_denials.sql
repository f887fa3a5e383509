-- +goose Up

-- What was refused under one contract, or to one organisation's people, among all that was allowed. They hold refusals only,
-- and cost what is allowed nothing.
CREATE INDEX audit_event_denied_contract ON audit_event (ledger, contract, seq) WHERE outcome = 'deny';
CREATE INDEX audit_event_denied_organisation ON audit_event (ledger, organisation, seq) WHERE outcome = 'deny';
