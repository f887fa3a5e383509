-- +goose Up

-- Everything that the gateway keeps in the database beside the ledger's own tables. Until
-- the first release it changes in place, and its number rises each time: see
-- TestASchemaOfItsNumber.
--
-- One text for SQLite and PostgreSQL. Times are bigint microseconds since 1970 UTC. What
-- changes over time (duties, memberships, contract and batch states, assignments, leases)
-- is kept as rows valid in [valid_from, valid_until), so that "on date D" can be
-- answered; 9223372036854775807 means that no end is set.

CREATE TABLE organisation (
    id      text   NOT NULL PRIMARY KEY,
    kind    text   NOT NULL CHECK (kind IN ('client', 'provider', 'operator')),
    name    text   NOT NULL,
    country text   NOT NULL,
    created bigint NOT NULL
);
-- A name is one organisation, so that a request that is repeated makes no second one.
CREATE UNIQUE INDEX organisation_name ON organisation (name);
-- There is one operator.
CREATE UNIQUE INDEX organisation_operator ON organisation (kind) WHERE kind = 'operator';

-- name is personal data. Clearing it erases it. Nothing else refers to it.
CREATE TABLE person (
    id           text   NOT NULL PRIMARY KEY,
    organisation text   NOT NULL REFERENCES organisation (id),
    name         text   NOT NULL,
    valid_from   bigint NOT NULL,
    valid_until  bigint NOT NULL
);
-- A name is one member of its organisation. (It is looked for under the organisation's
-- lock: one who has left may have had it.)
CREATE INDEX person_of_name ON person (organisation, name);
-- For people who have left and still have a name.
CREATE INDEX person_named ON person (valid_until) WHERE name <> '';

-- secret_hash is the SHA-256 of a 256-bit random secret. used is when it was first signed
-- in with, 0 before.
CREATE TABLE credential (
    id          text   NOT NULL PRIMARY KEY,
    person      text   NOT NULL REFERENCES person (id),
    secret_hash bytea  NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL,
    used        bigint NOT NULL DEFAULT 0
);
CREATE INDEX credential_person ON credential (person);

-- A duty is a role in the organisation itself; it never opens content.
CREATE TABLE duty (
    id          text   NOT NULL PRIMARY KEY,
    person      text   NOT NULL REFERENCES person (id),
    role        text   NOT NULL,
    granted_by  text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX duty_person ON duty (person);

CREATE TABLE contract (
    id        text   NOT NULL PRIMARY KEY,
    client    text   NOT NULL REFERENCES organisation (id),
    provider  text   NOT NULL REFERENCES organisation (id),
    reference text   NOT NULL,
    created   bigint NOT NULL,
    UNIQUE (client, reference)
);
CREATE INDEX contract_provider ON contract (provider);

-- terms is the text as proposed and is never changed. approved is 0 until a second person
-- approves; a version is in force from effective_from once it is approved.
CREATE TABLE contract_version (
    contract       text   NOT NULL REFERENCES contract (id),
    version        bigint NOT NULL,
    terms          bytea  NOT NULL,
    digest         bytea  NOT NULL,
    proposed_by    text   NOT NULL,
    proposed       bigint NOT NULL,
    approved_by    text   NOT NULL,
    approved       bigint NOT NULL,
    effective_from bigint NOT NULL,
    PRIMARY KEY (contract, version)
);

CREATE TABLE contract_status (
    id          text   NOT NULL PRIMARY KEY,
    contract    text   NOT NULL REFERENCES contract (id),
    status      text   NOT NULL,
    reason      text   NOT NULL,
    changed_by  text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
-- One status at a time.
CREATE UNIQUE INDEX contract_status_current ON contract_status (contract) WHERE valid_until = 9223372036854775807;
CREATE INDEX contract_status_history ON contract_status (contract, valid_from);
CREATE INDEX contract_status_end ON contract_status (contract, valid_until);

CREATE TABLE membership (
    id          text   NOT NULL PRIMARY KEY,
    contract    text   NOT NULL REFERENCES contract (id),
    person      text   NOT NULL REFERENCES person (id),
    role        text   NOT NULL,
    granted_by  text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX membership_person ON membership (person, contract);
CREATE INDEX membership_contract ON membership (contract);

-- The contract's identity of one epoch. The secret exists only sealed, one copy for each
-- root and recovery recipient. When all copies are gone, no document of the epoch can be
-- opened.
CREATE TABLE contract_key (
    contract  text   NOT NULL REFERENCES contract (id),
    epoch     bigint NOT NULL,
    recipient text   NOT NULL,
    created   bigint NOT NULL,
    PRIMARY KEY (contract, epoch)
);
CREATE TABLE contract_key_copy (
    contract  text   NOT NULL,
    epoch     bigint NOT NULL,
    sealed_to text   NOT NULL,
    sealed    bytea  NOT NULL,
    PRIMARY KEY (contract, epoch, sealed_to),
    FOREIGN KEY (contract, epoch) REFERENCES contract_key (contract, epoch)
);

CREATE TABLE batch (
    id        text   NOT NULL PRIMARY KEY,
    contract  text   NOT NULL REFERENCES contract (id),
    reference text   NOT NULL,
    opened_by text   NOT NULL,
    opened    bigint NOT NULL,
    manifest  text   NOT NULL, -- JSON as declared at sealing, empty before
    withdrawn bigint NOT NULL DEFAULT 0 -- when it was taken back; 0: it was not
);
-- A reference names one batch of its contract. A withdrawn batch frees its reference.
CREATE UNIQUE INDEX batch_reference ON batch (contract, reference) WHERE withdrawn = 0;
CREATE INDEX batch_opened ON batch (opened, id);
CREATE INDEX batch_by_reference ON batch (reference, opened);
CREATE TABLE batch_state (
    id          text   NOT NULL PRIMARY KEY,
    batch       text   NOT NULL REFERENCES batch (id),
    state       text   NOT NULL,
    changed_by  text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE UNIQUE INDEX batch_state_current ON batch_state (batch) WHERE valid_until = 9223372036854775807;
CREATE INDEX batch_state_history ON batch_state (batch, valid_from);

-- A document from the moment its upload is granted. state: receiving, received,
-- abandoned, withdrawn. An upload in progress refreshes touched. The sweeper abandons an
-- upload that has not been touched for a while, and then deletes the object. digest is
-- empty until received.
CREATE TABLE document (
    id         text   NOT NULL PRIMARY KEY,
    batch      text   NOT NULL REFERENCES batch (id),
    contract   text   NOT NULL REFERENCES contract (id),
    version    bigint NOT NULL,
    reference  text   NOT NULL,
    class      text   NOT NULL,
    media_type text   NOT NULL,
    charset    text   NOT NULL, -- of a text, as it was declared; empty for none
    state      text   NOT NULL CHECK (state IN ('receiving', 'received', 'abandoned', 'withdrawn')),
    object_key text   NOT NULL,
    size       bigint NOT NULL,
    digest     bytea  NOT NULL,
    sent_by    text   NOT NULL,
    created    bigint NOT NULL,
    touched    bigint NOT NULL,
    received   bigint NOT NULL,
    swept      bigint NOT NULL -- when the object of an abandoned upload was last deleted
);
-- A reference names one document of its batch. An abandoned upload frees its reference,
-- and so does a withdrawn document.
CREATE UNIQUE INDEX document_reference ON document (batch, reference) WHERE state IN ('receiving', 'received');
CREATE UNIQUE INDEX document_object ON document (object_key);
CREATE INDEX document_batch ON document (batch, state, reference);
CREATE INDEX document_contract ON document (contract, id);
CREATE INDEX document_class ON document (contract, class, state);
-- The store is compared with the database one folder of objects after the other (`d/ab`).
-- This index finds the documents of one folder.
CREATE INDEX document_folder ON document (substr(object_key, 1, 4));
-- For the sweeper. SQLite uses this index only for a query that repeats its condition.
CREATE INDEX document_sweep ON document (state, touched) WHERE state <> 'received';

-- The erasable data of a document: without this row its body cannot be opened, and its
-- file name is gone.
CREATE TABLE document_header (
    document  text   NOT NULL PRIMARY KEY REFERENCES document (id),
    epoch     bigint NOT NULL,
    header    bytea  NOT NULL,
    file_name text   NOT NULL,
    binding   bytea  NOT NULL -- a tag, by the document's own key, over its id, object, size and digest
);

CREATE TABLE receipt (
    id       text   NOT NULL PRIMARY KEY,
    contract text   NOT NULL REFERENCES contract (id),
    document text   NOT NULL REFERENCES document (id),
    kind     text   NOT NULL,
    jws      text   NOT NULL,
    issued   bigint NOT NULL,
    UNIQUE (document, kind)
);

CREATE TABLE assignment (
    id          text   NOT NULL PRIMARY KEY,
    batch       text   NOT NULL REFERENCES batch (id),
    contract    text   NOT NULL REFERENCES contract (id),
    person      text   NOT NULL REFERENCES person (id),
    assigned_by text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX assignment_person ON assignment (person, valid_until);
CREATE INDEX assignment_batch ON assignment (batch);
CREATE INDEX assignment_contract ON assignment (contract, valid_until);
-- valid_until is when the document was taken back from the assignment.
CREATE TABLE assignment_document (
    assignment  text   NOT NULL REFERENCES assignment (id),
    document    text   NOT NULL REFERENCES document (id),
    valid_until bigint NOT NULL DEFAULT 9223372036854775807,
    PRIMARY KEY (assignment, document)
);
CREATE INDEX assignment_document_document ON assignment_document (document);

-- valid_until is the lease's end as granted, or the moment at which it was given back.
CREATE TABLE lease (
    id          text   NOT NULL PRIMARY KEY,
    assignment  text   NOT NULL REFERENCES assignment (id),
    person      text   NOT NULL REFERENCES person (id),
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX lease_assignment ON lease (assignment, valid_until);

-- The documents and bytes that a person has read under a contract on one day of the
-- contract's zone (YYYY-MM-DD). They are reserved with the grant. What a download did not
-- send is given back when it ends.
CREATE TABLE reading (
    contract  text   NOT NULL REFERENCES contract (id),
    person    text   NOT NULL REFERENCES person (id),
    day       text   NOT NULL,
    documents bigint NOT NULL,
    bytes     bigint NOT NULL,
    PRIMARY KEY (contract, person, day)
);

-- The same for each document, which counts once a day. grants are the reads that sent
-- something or may still send it.
CREATE TABLE reading_document (
    contract text   NOT NULL REFERENCES contract (id),
    person   text   NOT NULL REFERENCES person (id),
    day      text   NOT NULL,
    document text   NOT NULL REFERENCES document (id),
    grants   bigint NOT NULL,
    bytes    bigint NOT NULL,
    PRIMARY KEY (contract, person, day, document)
);
CREATE INDEX reading_document_document ON reading_document (document, person);

-- The recipients of contracts' identities, by fingerprint: the roots, and the recovery
-- recipients that the configuration names. No replica seals to a recipient whose time has
-- ended, even if the replica read an older root file.
CREATE TABLE key_holder (
    fingerprint text   NOT NULL PRIMARY KEY,
    kind        text   NOT NULL CHECK (kind IN ('root', 'recovery')),
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);

-- The replacement of a contract's identity by that of epoch. headers counts those that
-- were to be rewrapped when it began. It has finished when no header of an earlier epoch
-- is left and the sealed copies of earlier epochs are destroyed.
CREATE TABLE key_rotation (
    contract text   NOT NULL,
    epoch    bigint NOT NULL,
    headers  bigint NOT NULL,
    started  bigint NOT NULL,
    finished bigint NOT NULL, -- 0 while it runs
    PRIMARY KEY (contract, epoch),
    FOREIGN KEY (contract, epoch) REFERENCES contract_key (contract, epoch)
);
-- One rotation of a contract at a time.
CREATE UNIQUE INDEX key_rotation_running ON key_rotation (contract) WHERE finished = 0;
-- For the identities that a rotation has lately destroyed.
CREATE INDEX key_rotation_finished ON key_rotation (finished);

-- The roots that each running gateway has at hand, so that no root is retired that is the
-- only one of a gateway. A gateway refreshes seen while it runs and deletes its rows when
-- it stops. The rows of a gateway that died count for a time.
CREATE TABLE node_root (
    node        text   NOT NULL, -- one run of one process: host.random
    fingerprint text   NOT NULL,
    seen        bigint NOT NULL,
    PRIMARY KEY (node, fingerprint)
);

-- A legal hold forbids erasing one document, or, with document empty, anything of the
-- contract. valid_until is when it was lifted.
CREATE TABLE hold (
    id          text   NOT NULL PRIMARY KEY,
    contract    text   NOT NULL REFERENCES contract (id),
    document    text   NOT NULL,
    reason      text   NOT NULL,
    placed_by   text   NOT NULL,
    lifted_by   text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX hold_contract ON hold (contract, document, valid_until);
-- One hold at a time.
CREATE UNIQUE INDEX hold_current ON hold (contract, document) WHERE valid_until = 9223372036854775807;

-- An erasure of one document or, with document empty, of a whole contract. The erasure of
-- a contract is proposed by one person and decided by another. decided is 0 until it is
-- allowed. From then on it is executed to its end, even if processes die in between.
-- journaled is when it was in the journal, which is kept apart from this database.
-- certified and certificate come last. There are no references: after a restore, the
-- journal may name documents and contracts that this database never knew.
CREATE TABLE erasure (
    id          text   NOT NULL PRIMARY KEY,
    contract    text   NOT NULL,
    document    text   NOT NULL,
    reason      text   NOT NULL,
    proposed_by text   NOT NULL,
    proposed    bigint NOT NULL,
    decided_by  text   NOT NULL,
    decided     bigint NOT NULL,
    ledger      text   NOT NULL,
    event       text   NOT NULL, -- of the decision
    reapplied   bigint NOT NULL, -- when it was repeated after a restore
    journaled   bigint NOT NULL,
    certified   bigint NOT NULL,
    certificate text   NOT NULL,
    retained    bigint NOT NULL DEFAULT 0, -- objects that the certificate names because a lock of their store keeps them
    refused     bigint NOT NULL DEFAULT 0  -- when the store first refused to delete an object that no lock keeps
);
CREATE INDEX erasure_contract ON erasure (contract, document);
-- For unfinished erasures. SQLite uses this index only for a query that repeats its
-- condition.
CREATE INDEX erasure_open ON erasure (decided) WHERE decided > 0 AND certified = 0;
CREATE INDEX erasure_decided ON erasure (decided);
-- SQLite uses this index, and erased_document_retained, only for queries that repeat the
-- condition.
CREATE INDEX erasure_retained ON erasure (id) WHERE retained > 0;

-- A document whose header row is gone for good. object_gone: 0 not yet, 1 deleted with
-- all versions, 2 a lock of the store keeps it.
CREATE TABLE erased_document (
    document    text   NOT NULL PRIMARY KEY REFERENCES document (id),
    erasure     text   NOT NULL REFERENCES erasure (id),
    erased      bigint NOT NULL,
    object_gone bigint NOT NULL,
    tried       bigint NOT NULL DEFAULT 0 -- when the store was last asked to delete an object that a lock kept
);
CREATE INDEX erased_document_erasure ON erased_document (erasure, object_gone, document);
CREATE INDEX erased_document_retained ON erased_document (tried) WHERE object_gone = 2;

-- Documents under a legal hold that an erasure spared. It must spare them again when it
-- is repeated.
CREATE TABLE erasure_exception (
    erasure  text NOT NULL REFERENCES erasure (id),
    document text NOT NULL,
    PRIMARY KEY (erasure, document)
);

-- When the whole store was last searched for orphans. By this one row, replicas agree
-- which of them searches.
CREATE TABLE store_sweep (
    id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    begun bigint NOT NULL
);
INSERT INTO store_sweep (id, begun) VALUES (1, 0);

-- What the last try of a bucket found. The commands that do not try it ask it in the ways
-- that are written here.
CREATE TABLE store_record (
    place  text   NOT NULL PRIMARY KEY, -- ENDPOINT/BUCKET/PREFIX
    tried  bigint NOT NULL,
    record text   NOT NULL -- as `bordereau store check --json` prints it
);

-- How far the erasing of events' erasable data has come in each ledger, for each class:
-- every event before upto was looked at. The row of class '' is a lock: while a
-- transaction has it, no other erases such data, or places or lifts a hold.
CREATE TABLE event_retention (
    ledger text   NOT NULL,
    class  text   NOT NULL,
    upto   bigint NOT NULL,
    PRIMARY KEY (ledger, class)
);

-- A legal hold on the events of a person in one ledger. While it stands, the erasable
-- data of these events is kept, and so is the person's name. valid_until is when it was
-- lifted.
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

-- The erasure, at a person's request, of the erasable data of their events from before
-- its decision. It is proposed by one person and decided by another. Data under the floor
-- of its class, or a hold, is erased once that has ended. finished is 0 until no such
-- data is left. halves counts the events whose data was erased so far.
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

-- +goose Down
DROP TABLE person_erasure;
DROP TABLE person_hold;
DROP TABLE event_retention;
DROP TABLE store_record;
DROP TABLE store_sweep;
DROP TABLE erasure_exception;
DROP TABLE erased_document;
DROP TABLE erasure;
DROP TABLE hold;
DROP TABLE node_root;
DROP TABLE key_rotation;
DROP TABLE key_holder;
DROP TABLE reading_document;
DROP TABLE reading;
DROP TABLE lease;
DROP TABLE assignment_document;
DROP TABLE assignment;
DROP TABLE receipt;
DROP TABLE document_header;
DROP TABLE document;
DROP TABLE batch_state;
DROP TABLE batch;
DROP TABLE contract_key_copy;
DROP TABLE contract_key;
DROP TABLE membership;
DROP TABLE contract_status;
DROP TABLE contract_version;
DROP TABLE contract;
DROP TABLE duty;
DROP TABLE credential;
DROP TABLE person;
DROP TABLE organisation;
