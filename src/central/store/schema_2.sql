-- Published editions of the rulebook. Never updated, never deleted; numbers only count up.
CREATE TABLE editions (
    name         TEXT    NOT NULL,
    channel      TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    digest       TEXT    NOT NULL,
    signed_by    TEXT    NOT NULL,             -- names of the publishers, JSON
    published_at TEXT    NOT NULL,             -- when central took it
    text         TEXT    NOT NULL,             -- the edition's file
    PRIMARY KEY (name, channel, epoch, version)
) STRICT;

CREATE INDEX editions_by_digest ON editions (digest);
