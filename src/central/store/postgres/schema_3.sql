-- Numbers may come back, too: each ends in exactly one of issued, voided, returned, frozen.
ALTER TABLE numbers DROP CONSTRAINT numbers_fate_check;
ALTER TABLE numbers ADD CONSTRAINT numbers_fate_check
    CHECK (fate IN ('issued', 'voided', 'returned', 'frozen'));
