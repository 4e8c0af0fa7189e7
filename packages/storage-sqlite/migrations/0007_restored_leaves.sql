-- Which archive a restored row came from, so that the log can state it.
ALTER TABLE evidence_moved ADD COLUMN archive TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence_moved ADD COLUMN manifest TEXT NOT NULL DEFAULT '';

-- Serves sealing, which asks of each row whether it has a leaf already.
CREATE INDEX evidence_moved_seq ON evidence_moved (seq);
