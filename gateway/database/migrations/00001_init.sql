-- +goose Up

-- One text for SQLite and PostgreSQL. Times are bigint microseconds since 1970 UTC. What changes over time (duties,
-- memberships, contract and batch states, assignments, leases) is kept as rows valid in [valid_from, valid_until), so
-- that "on date D" can be answered; 9223372036854775807 means that no end is set.

CREATE TABLE organisation (
    id      text   NOT NULL PRIMARY KEY,
    kind    text   NOT NULL CHECK (kind IN ('client', 'provider', 'operator')),
    name    text   NOT NULL,
    country text   NOT NULL,
    created bigint NOT NULL
);
-- There is one operator.
CREATE UNIQUE INDEX organisation_operator ON organisation (kind) WHERE kind = 'operator';

-- name is personal data: it is erased by clearing it; nothing else refers to it.
CREATE TABLE person (
    id           text   NOT NULL PRIMARY KEY,
    organisation text   NOT NULL REFERENCES organisation (id),
    name         text   NOT NULL,
    valid_from   bigint NOT NULL,
    valid_until  bigint NOT NULL
);

-- secret_hash is the SHA-256 of a 256-bit random secret.
CREATE TABLE credential (
    id          text   NOT NULL PRIMARY KEY,
    person      text   NOT NULL REFERENCES person (id),
    secret_hash bytea  NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
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

-- terms is the text as proposed and is never changed. approved is 0 until a second person approves; a version is in
-- force from effective_from once it is approved.
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

-- The contract's identity of one epoch. Its private half exists only sealed, one copy for each root and recovery
-- recipient; when all copies are gone, so is every document of the epoch.
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
    UNIQUE (contract, reference)
);
CREATE INDEX batch_opened ON batch (opened, id);
CREATE TABLE batch_state (
    id          text   NOT NULL PRIMARY KEY,
    batch       text   NOT NULL REFERENCES batch (id),
    state       text   NOT NULL,
    changed_by  text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE UNIQUE INDEX batch_state_current ON batch_state (batch) WHERE valid_until = 9223372036854775807;

-- A document from the moment its upload is granted. state: receiving, received, abandoned. An upload in progress
-- refreshes touched; the sweeper abandons what has not been touched for a while and then deletes the object. digest is
-- empty until received.
CREATE TABLE document (
    id         text   NOT NULL PRIMARY KEY,
    batch      text   NOT NULL REFERENCES batch (id),
    contract   text   NOT NULL REFERENCES contract (id),
    version    bigint NOT NULL,
    reference  text   NOT NULL,
    class      text   NOT NULL,
    media_type text   NOT NULL,
    state      text   NOT NULL CHECK (state IN ('receiving', 'received', 'abandoned')),
    object_key text   NOT NULL,
    size       bigint NOT NULL,
    digest     bytea  NOT NULL,
    sent_by    text   NOT NULL,
    created    bigint NOT NULL,
    touched    bigint NOT NULL,
    received   bigint NOT NULL,
    swept      bigint NOT NULL -- when the object of an abandoned upload was last deleted
);
-- A reference names one document of its batch; an abandoned upload gives its reference back.
CREATE UNIQUE INDEX document_reference ON document (batch, reference) WHERE state IN ('receiving', 'received');
CREATE UNIQUE INDEX document_object ON document (object_key);
CREATE INDEX document_batch ON document (batch, state, reference);
-- Only what the sweeper may have to look at. SQLite uses this index only for a query that repeats its condition.
CREATE INDEX document_sweep ON document (state, touched) WHERE state <> 'received';

-- The erasable half of a document: without this row its body opens for nobody and its name is gone.
CREATE TABLE document_header (
    document  text   NOT NULL PRIMARY KEY REFERENCES document (id),
    epoch     bigint NOT NULL,
    header    bytea  NOT NULL,
    file_name text   NOT NULL
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
CREATE TABLE assignment_document (
    assignment text NOT NULL REFERENCES assignment (id),
    document   text NOT NULL REFERENCES document (id),
    PRIMARY KEY (assignment, document)
);
CREATE INDEX assignment_document_document ON assignment_document (document);

-- valid_until is the lease's end as granted, or the moment it was given back.
CREATE TABLE lease (
    id          text   NOT NULL PRIMARY KEY,
    assignment  text   NOT NULL REFERENCES assignment (id),
    person      text   NOT NULL REFERENCES person (id),
    valid_from  bigint NOT NULL,
    valid_until bigint NOT NULL
);
CREATE INDEX lease_assignment ON lease (assignment, valid_until);

-- What a person has read under a contract on one day of the contract's zone (YYYY-MM-DD): reserved with the grant.
CREATE TABLE reading (
    contract  text   NOT NULL REFERENCES contract (id),
    person    text   NOT NULL REFERENCES person (id),
    day       text   NOT NULL,
    documents bigint NOT NULL,
    bytes     bigint NOT NULL,
    PRIMARY KEY (contract, person, day)
);

-- +goose Down
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
