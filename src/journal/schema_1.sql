-- The journal of one kiosk. Times are milliseconds since 1970 in UTC; hashes are 32 bytes.

-- Whose journal this is. One row, never updated.
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    kiosk TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    -- The last record of the kiosk's earlier lives; 0 and zeros where there were none.
    start_position INTEGER NOT NULL CHECK (start_position >= 0),
    start_hash BLOB NOT NULL CHECK (length(start_hash) = 32)
) STRICT;

-- The records, and by that the outbox: whatever lies behind `outbox.acknowledged` is still to be sent.
-- Rows are never updated and never deleted; the triggers below say so to everybody.
CREATE TABLE record (
    position INTEGER PRIMARY KEY CHECK (position >= 1),
    text TEXT NOT NULL,
    signature TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    at_ms INTEGER NOT NULL,
    -- The latest time of this record and all before: no permit is issued by a clock behind it.
    latest_ms INTEGER NOT NULL CHECK (latest_ms >= at_ms),
    -- Whose data key opens the record's envelope, if it has one. The keys are in the vault, beside this file.
    envelope_of BLOB CHECK (length(envelope_of) = 16)
) STRICT;
CREATE INDEX record_by_envelope ON record (envelope_of) WHERE envelope_of IS NOT NULL;

CREATE TRIGGER record_is_never_updated BEFORE UPDATE ON record
BEGIN SELECT raise(ABORT, 'a record is never updated'); END;
CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record
BEGIN SELECT raise(ABORT, 'a record is never deleted'); END;

-- How far central has acknowledged. One row, updated.
CREATE TABLE outbox (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    acknowledged INTEGER NOT NULL CHECK (acknowledged >= 0)
) STRICT;

-- The decided applications. Never updated.
CREATE TABLE decision (
    application BLOB PRIMARY KEY CHECK (length(application) = 16),
    position INTEGER NOT NULL UNIQUE REFERENCES record (position)
) STRICT, WITHOUT ROWID;

-- The blocks of numbers central leased. Only `next` is updated, and only upwards.
CREATE TABLE block (
    series TEXT NOT NULL,
    block INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (last >= first),
    next INTEGER NOT NULL CHECK (next BETWEEN first AND last + 1),
    grant_text TEXT NOT NULL,
    signature TEXT NOT NULL,
    position INTEGER NOT NULL UNIQUE REFERENCES record (position),
    PRIMARY KEY (series, block)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER number_is_never_given_back BEFORE UPDATE OF next ON block WHEN new.next < old.next
BEGIN SELECT raise(ABORT, 'a number is never given back'); END;

-- The permits. Never updated: whatever happens to a permit later is an endorsement at central.
CREATE TABLE permit (
    application BLOB PRIMARY KEY REFERENCES decision (application),
    series TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    number TEXT NOT NULL UNIQUE,
    elicence TEXT NOT NULL UNIQUE,
    position INTEGER NOT NULL UNIQUE REFERENCES record (position),
    UNIQUE (series, sequence)
) STRICT, WITHOUT ROWID;

-- The papers and how far they are. `step` and `evidence` are updated, with a record each time.
CREATE TABLE print_job (
    job INTEGER PRIMARY KEY,
    application BLOB NOT NULL REFERENCES decision (application),
    document TEXT NOT NULL CHECK (document IN ('original', 'copy', 'receipt', 'slip', 'data_receipt')),
    serial TEXT UNIQUE,
    seal TEXT,
    step TEXT NOT NULL CHECK
        (step IN ('queued', 'sent', 'confirmed', 'unknown', 'voided', 'not_printed')),
    evidence TEXT CHECK ((evidence IS NULL) = (step <> 'confirmed'))
) STRICT;
CREATE INDEX print_job_by_application ON print_job (application);
CREATE INDEX print_job_unfinished ON print_job (job) WHERE step IN ('queued', 'sent', 'unknown');

-- Set when central says that another journal calls itself this kiosk. At most one row, never updated:
-- only a new life of the kiosk, with a new journal, ends it.
CREATE TABLE quarantine (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
