-- Hygiene filings and combined permits are permits too. SQLite changes no CHECK of a table that is there:
-- it is written anew, with every row, in the transaction of the migration.
CREATE TABLE permits_of_five_kinds (
    elicence      TEXT    NOT NULL PRIMARY KEY,
    number        TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('food', 'filing', 'hygiene', 'hygiene_filing', 'combined')),
    series        TEXT    NOT NULL,
    sequence      INTEGER NOT NULL,
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
    position      INTEGER NOT NULL,
    received_at   TEXT    NOT NULL,
    UNIQUE (kiosk, position)
) STRICT, WITHOUT ROWID;
INSERT INTO permits_of_five_kinds SELECT * FROM permits;
DROP TABLE permits;
ALTER TABLE permits_of_five_kinds RENAME TO permits;
-- One number, one living paper; the versions before it are superseded.
CREATE UNIQUE INDEX permits_living ON permits (number) WHERE status <> 'superseded';
CREATE INDEX permits_by_holder ON permits (uscc, received_at);
CREATE INDEX permits_by_premises ON permits (premises) WHERE status = 'valid';
CREATE INDEX permits_by_time ON permits (received_at);
