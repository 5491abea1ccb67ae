-- The permits central revoked. The acts are numbered without gaps; rows are never updated, never deleted.
CREATE TABLE revocation (
    number INTEGER PRIMARY KEY CHECK (number >= 1),
    permit TEXT NOT NULL,
    text TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE INDEX revocation_by_permit ON revocation (permit);

CREATE TRIGGER revocation_is_never_updated BEFORE UPDATE ON revocation
BEGIN SELECT raise(ABORT, 'a revocation is never updated'); END;
CREATE TRIGGER revocation_is_never_deleted BEFORE DELETE ON revocation
BEGIN SELECT raise(ABORT, 'a revocation is never deleted'); END;

-- The edition activated last is asked for at every start; without this, all records would be read for it.
CREATE INDEX record_of_edition ON record (position)
    WHERE instr(text, '"body":{"kind":"edition_activated"') > 0;
