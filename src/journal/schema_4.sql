-- When a paper was handed to its printer, and what the printer's own counter said just before its first byte:
-- evidence for whoever looks for a sheet after a power cut.
ALTER TABLE print_job ADD COLUMN sent_ms INTEGER;
ALTER TABLE print_job ADD COLUMN count_before INTEGER CHECK (count_before >= 0);

-- What was certainly not printed is owed, and looked for at every start as well.
DROP INDEX print_job_unfinished;
CREATE INDEX print_job_unfinished ON print_job (job) WHERE step IN ('queued', 'sent', 'unknown', 'not_printed');
