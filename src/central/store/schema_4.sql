-- Numbers may come back, too: each ends in exactly one of issued, voided, returned, frozen. Only frozen is
-- ever updated, when a record turns up that says what became of the number. Of frozen ones `position` is the
-- last record known then.
CREATE TABLE numbers_with_returned (
    series      TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    fate        TEXT    NOT NULL CHECK (fate IN ('issued', 'voided', 'returned', 'frozen')),
    kiosk       TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    PRIMARY KEY (series, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO numbers_with_returned SELECT series, sequence, fate, kiosk, position FROM numbers;
DROP TABLE numbers;
ALTER TABLE numbers_with_returned RENAME TO numbers;
