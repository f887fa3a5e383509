-- +goose Up

-- How far the erasing of events' private halves has come in each ledger, for each class: every event before upto was looked
-- at. The row of class '' is a lock: who holds it knows that no half is being erased and no hold placed or lifted.
CREATE TABLE event_retention (
    ledger text   NOT NULL,
    class  text   NOT NULL,
    upto   bigint NOT NULL,
    PRIMARY KEY (ledger, class)
);

-- A legal hold on what a person did, in one ledger: while it stands, the private halves of their events are kept, and so is
-- their name. valid_until is when it was lifted.
CREATE TABLE person_hold (
    id          text   NOT NULL PRIMARY KEY,
    ledger      text   NOT NULL,
    person      text   NOT NULL,
    reason      text   NOT NULL,
    placed_by   text   NOT NULL,
    lifted_by   text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX person_hold_ledger ON person_hold (ledger, id);
CREATE INDEX person_hold_person ON person_hold (person, valid_until);
-- One hold at a time.
CREATE UNIQUE INDEX person_hold_current ON person_hold (ledger, person) WHERE valid_until = 9223372036854775807;

-- The erasure, at a person's request, of the private halves of what they did before it was decided. Proposed by one
-- person, decided by another. Events under the floor of their class, or a hold, are erased when they no longer are:
-- finished is 0 until none is left. halves counts what was erased so far.
CREATE TABLE person_erasure (
    id          text   NOT NULL PRIMARY KEY,
    ledger      text   NOT NULL,
    person      text   NOT NULL,
    reason      text   NOT NULL,
    proposed_by text   NOT NULL,
    proposed    bigint NOT NULL,
    decided_by  text   NOT NULL,
    decided     bigint NOT NULL,
    finished    bigint NOT NULL,
    halves      bigint NOT NULL
);
-- One at a time.
CREATE UNIQUE INDEX person_erasure_current ON person_erasure (ledger, person) WHERE finished = 0;

-- Leavers whose name is still there.
CREATE INDEX person_named ON person (valid_until) WHERE name <> '';

-- +goose Down
DROP INDEX person_named;
DROP TABLE person_erasure;
DROP TABLE person_hold;
DROP TABLE event_retention;
