-- The trays of numbered blank sheets, by the size of the paper. Every change has its record in the same
-- transaction. Where nobody has counted sheets in, there is no row.
CREATE TABLE tray (
    paper TEXT PRIMARY KEY CHECK (paper IN ('A3', 'A4')),
    last INTEGER NOT NULL CHECK (last >= 0),
    next INTEGER NOT NULL CHECK (next BETWEEN 0 AND last + 1)
) STRICT, WITHOUT ROWID;

-- The size of the numbered sheet a paper is printed on, known once it is sent; slips are on rolls.
ALTER TABLE print_job ADD COLUMN paper TEXT CHECK (paper IN ('A3', 'A4'));
UPDATE print_job SET paper = CASE document WHEN 'original' THEN 'A3' ELSE 'A4' END
    WHERE document IN ('original', 'copy') AND step IN ('sent', 'unknown');

-- The trays as the records tell: what was counted in last, and what has left it since. Inside the texts of a
-- record the quotation marks would be escaped.
INSERT INTO tray
SELECT paper, last, coalesce(
    (SELECT max(json_extract(spent.text, '$.body.last')) + 1 FROM record AS spent
     WHERE spent.position > counted.position
       AND instr(spent.text, '"body":{"kind":"blanks_spent"') > 0
       AND json_extract(spent.text, '$.body.paper') = counted.paper),
    first)
FROM (
    SELECT max(position) AS position, json_extract(text, '$.body.paper') AS paper,
           json_extract(text, '$.body.first') AS first, json_extract(text, '$.body.last') AS last
    FROM record WHERE instr(text, '"body":{"kind":"blanks_counted"') > 0
    GROUP BY json_extract(text, '$.body.paper')
) AS counted;
