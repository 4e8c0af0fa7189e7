-- The hashes of the tree in rows that fill a page each: kept beside the table, in pieces of 2,000 bytes, a tile takes a tenth more.

-- A tile in parts: at level 0 its first 253 hashes, which is what a page holds, and the others; at higher levels 16 in each part, since
-- a tile that grows is stored again from the part on that grows.
CREATE TABLE evidence_hashes (
  log integer NOT NULL,
  level smallint NOT NULL,
  -- From 0.
  part smallint NOT NULL,
  -- Of the tile.
  idx bigint NOT NULL,
  hashes bytea NOT NULL,
  -- What is new at level 0, where nearly all of it is, comes last.
  CONSTRAINT evidence_hashes_key PRIMARY KEY (log, idx, level, part)
) WITH (
  toast_tuple_target = 8160,
  -- Of few rows, which are large: a part that was stored again leaves its page to the next one soon.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 100
);
ALTER TABLE evidence_hashes ALTER COLUMN hashes SET STORAGE MAIN;

INSERT INTO evidence_hashes (log, level, part, idx, hashes)
SELECT t.log, t.level, p.part, t.idx, substring(t.hashes FROM 32 * w.width * p.part + 1 FOR 32 * w.width)
FROM evidence_tiles AS t
CROSS JOIN LATERAL (SELECT CASE WHEN t.level = 0 THEN 253 ELSE 16 END AS width) AS w
CROSS JOIN LATERAL generate_series(0, (octet_length(t.hashes) - 1) / (32 * w.width)) AS p (part);

DROP TABLE evidence_tiles;
