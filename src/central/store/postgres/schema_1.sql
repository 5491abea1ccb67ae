-- The permit book in PostgreSQL, version 1: as the file has it. What a kiosk wrote and nobody checked
-- (premises, a business's code in a referred case) has hash indexes: their length has no limit.

CREATE TABLE kiosks (
    id          TEXT    NOT NULL PRIMARY KEY,
    incarnation BIGINT NOT NULL,             -- the present life
    forked_at   BIGINT,                      -- position of the first fork seen in this life
    heard_at    TEXT,
    heartbeat   TEXT                          -- the last one, JSON
);

-- Lives somebody closed, with central's signature: their numbers are frozen. Never updated.
CREATE TABLE closings (
    kiosk       TEXT    NOT NULL REFERENCES kiosks (id),
    incarnation BIGINT NOT NULL,
    text        TEXT    NOT NULL,
    signature   TEXT    NOT NULL,
    PRIMARY KEY (kiosk, incarnation)
);

-- The lives of a kiosk with their keys: old seals must stay verifiable. Never updated.
CREATE TABLE lives (
    kiosk       TEXT    NOT NULL REFERENCES kiosks (id),
    incarnation BIGINT NOT NULL,
    certificate TEXT    NOT NULL UNIQUE,      -- SHA-256 of the TLS certificate
    device_key  TEXT    NOT NULL,             -- SPKI PEM
    seal_key    TEXT    NOT NULL,             -- SPKI PEM
    PRIMARY KEY (kiosk, incarnation)
);

-- Every record of every kiosk, never updated.
CREATE TABLE records (
    kiosk       TEXT    NOT NULL REFERENCES kiosks (id),
    position    BIGINT NOT NULL,
    hash        TEXT    NOT NULL,
    incarnation BIGINT NOT NULL,
    at          TEXT    NOT NULL,             -- the kiosk's clock
    received_at TEXT    NOT NULL,             -- ours
    kind        TEXT    NOT NULL,
    quarantined TEXT,                         -- why it makes no sense
    record      TEXT    NOT NULL,             -- the exact text
    signature   TEXT    NOT NULL,
    PRIMARY KEY (kiosk, position)
);
CREATE INDEX records_quarantined ON records (kiosk, position) WHERE quarantined IS NOT NULL;

-- The data keys that open the envelopes of records, wrapped by a key that lies elsewhere. Deleted for
-- good when their time is over; what is not deleted never changes but for how far the application came.
CREATE TABLE data_keys (
    kiosk       TEXT    NOT NULL REFERENCES kiosks (id),
    application TEXT    NOT NULL,
    stage       TEXT    NOT NULL CHECK (stage IN ('begun', 'decided', 'issued')),
    wrapped     TEXT    NOT NULL,
    received_at TEXT    NOT NULL,             -- of the record that brought it to its stage
    PRIMARY KEY (kiosk, application)
);
CREATE INDEX data_keys_by_age ON data_keys (stage, received_at);

-- Two grants of one series overlap only if they name the same block. Never updated.
CREATE TABLE blocks (
    series      TEXT    NOT NULL,
    block       BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    last        BIGINT NOT NULL,
    kiosk       TEXT    NOT NULL REFERENCES kiosks (id),
    incarnation BIGINT NOT NULL,
    nonce       TEXT    NOT NULL,
    grant_text  TEXT    NOT NULL,
    signature   TEXT    NOT NULL,
    PRIMARY KEY (series, block),
    UNIQUE (kiosk, nonce)
);

-- Each number ends in exactly one of: issued, voided, frozen. Only frozen is ever updated, when a record
-- turns up that says what became of the number. Of frozen ones `position` is the last record known then.
CREATE TABLE numbers (
    series      TEXT    NOT NULL,
    sequence    BIGINT NOT NULL,
    fate        TEXT    NOT NULL CHECK (fate IN ('issued', 'voided', 'frozen')),
    kiosk       TEXT    NOT NULL,
    position    BIGINT NOT NULL,
    PRIMARY KEY (series, sequence)
);

CREATE TABLE permits (
    elicence      TEXT    NOT NULL PRIMARY KEY,
    number        TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('food', 'filing', 'hygiene')),
    series        TEXT    NOT NULL,
    sequence      BIGINT NOT NULL,
    application   TEXT    NOT NULL UNIQUE,
    uscc          TEXT    NOT NULL,
    premises      TEXT    NOT NULL,
    issued        TEXT    NOT NULL,
    valid_to      TEXT,
    status        TEXT    NOT NULL CHECK (status IN ('valid', 'superseded', 'cancelled', 'revoked')),
    superseded_by TEXT,
    permit        TEXT    NOT NULL,           -- JSON, every printed field
    seal          TEXT    NOT NULL,
    kiosk         TEXT    NOT NULL,
    position      BIGINT NOT NULL,
    received_at   TEXT    NOT NULL,
    UNIQUE (kiosk, position)
);
-- One number, one living paper; the versions before it are superseded.
CREATE UNIQUE INDEX permits_living ON permits (number) WHERE status <> 'superseded';
CREATE INDEX permits_by_holder ON permits (uscc, received_at);
CREATE INDEX permits_by_premises ON permits USING hash (premises) WHERE status = 'valid';
CREATE INDEX permits_by_time ON permits (received_at);

CREATE TABLE cases (
    application TEXT    NOT NULL PRIMARY KEY,
    service     TEXT    NOT NULL,
    verdict     TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    message_zh  TEXT    NOT NULL,
    message_en  TEXT    NOT NULL,
    uscc        TEXT,
    business    TEXT,
    applicant   TEXT    NOT NULL,             -- masked
    day         TEXT    NOT NULL,
    due         TEXT,
    provisional BOOLEAN NOT NULL,
    kiosk       TEXT    NOT NULL,
    position    BIGINT NOT NULL,
    received_at TEXT    NOT NULL
);
CREATE INDEX cases_by_holder ON cases USING hash (uscc);

-- Who asked what, and why. Never updated.
CREATE TABLE look_ups (
    id             BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kiosk          TEXT    NOT NULL,
    at             TEXT    NOT NULL,
    register       TEXT    NOT NULL,
    service        TEXT    NOT NULL,
    application    TEXT    NOT NULL,
    subject_digest TEXT    NOT NULL,
    outcome        TEXT    NOT NULL CHECK (outcome IN ('answered', 'refused', 'down')),
    reason         TEXT,
    took_ms        BIGINT  NOT NULL,
    once           TEXT    NOT NULL UNIQUE     -- a look-up told twice, after a lost answer, is kept once
);
CREATE INDEX look_ups_by_application ON look_ups (application);
-- Published editions of the rulebook. Never updated, never deleted; numbers only count up.
CREATE TABLE editions (
    name         TEXT    NOT NULL,
    channel      TEXT    NOT NULL,
    epoch        BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    digest       TEXT    NOT NULL,
    signed_by    TEXT    NOT NULL,             -- names of the publishers, JSON
    published_at TEXT    NOT NULL,             -- when central took it
    text         TEXT    NOT NULL,             -- the edition's file
    PRIMARY KEY (name, channel, epoch, version)
);

CREATE INDEX editions_by_digest ON editions (digest);
