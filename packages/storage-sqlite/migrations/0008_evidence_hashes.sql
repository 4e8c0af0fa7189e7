-- The hashes of the tree in rows that fill a page of 4,096 bytes each: a tile of 256 hashes in one row leaves a tenth of its pages empty.

-- The hashes of one level of the tree, 126 in each row, the last row of the level fewer.
CREATE TABLE evidence_hashes (
  log INTEGER NOT NULL,
  level INTEGER NOT NULL,
  -- From 0; the first hash of the row is number 126 * idx of its level.
  idx INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (log, level, idx)
) STRICT;

-- A row begins in one tile, and ends in that or in the next one. What a damaged table does not have, the new one has not either.
INSERT INTO evidence_hashes (log, level, idx, hashes)
WITH RECURSIVE
  levels (log, level, hashes) AS (
    -- Of the row with the greatest idx.
    SELECT log, level, max(idx) * 256 + length(hashes) / 32 FROM evidence_tiles GROUP BY log, level
  ),
  stripes (log, level, idx, hashes) AS (
    SELECT log, level, 0, hashes FROM levels WHERE hashes > 0
    UNION ALL
    SELECT log, level, idx + 1, hashes FROM stripes WHERE (idx + 1) * 126 < hashes
  ),
  parts (log, level, idx, ends, head, tail) AS (
    SELECT s.log, s.level, s.idx, (s.idx * 126) % 256 + 126 > 256 AND (s.idx * 126 / 256 + 1) * 256 < s.hashes,
      (SELECT substr(t.hashes, 32 * ((s.idx * 126) % 256) + 1, 32 * 126) FROM evidence_tiles AS t
        WHERE t.log = s.log AND t.level = s.level AND t.idx = s.idx * 126 / 256),
      (SELECT substr(t.hashes, 1, 32 * ((s.idx * 126) % 256 + 126 - 256)) FROM evidence_tiles AS t
        WHERE t.log = s.log AND t.level = s.level AND t.idx = s.idx * 126 / 256 + 1)
    FROM stripes AS s
  )
-- What is joined to a text keeps its bytes.
SELECT log, level, idx, CASE WHEN ends THEN CAST(head || tail AS BLOB) ELSE head END FROM parts
WHERE head IS NOT NULL AND (NOT ends OR tail IS NOT NULL);

DROP TABLE evidence_tiles;
