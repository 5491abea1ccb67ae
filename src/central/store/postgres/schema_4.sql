-- Hygiene filings and combined permits are permits too.
ALTER TABLE permits DROP CONSTRAINT permits_kind_check;
ALTER TABLE permits ADD CONSTRAINT permits_kind_check
    CHECK (kind IN ('food', 'filing', 'hygiene', 'hygiene_filing', 'combined'));
