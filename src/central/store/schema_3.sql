-- Permits that were revoked, with central's signature: numbered from 1 without gaps. Never updated.
CREATE TABLE revocations (
    number    INTEGER NOT NULL PRIMARY KEY,
    permit    TEXT    NOT NULL UNIQUE,
    text      TEXT    NOT NULL,
    signature TEXT    NOT NULL
) STRICT;
