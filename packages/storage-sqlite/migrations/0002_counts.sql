-- Counts of the events, kept beside them: what is asked about all of a log is answered by as many cells as the answer needs.

-- Processes of earlier versions would delete events without taking them out of the counts.
--! breaking

-- Combinations of values that cells count by. Each cube has some of the members, see COUNT_CUBES of storage-core.
CREATE TABLE audit_count_keys (
  id INTEGER PRIMARY KEY,
  cube INTEGER NOT NULL,
  -- NULL where the events lack the member, and where the cube does not have it.
  agent_id TEXT,
  team_id TEXT,
  action TEXT,
  decision TEXT,
  dry_run INTEGER,
  matched_rule_id TEXT,
  tool TEXT
) STRICT;

-- Serves the look-up of a combination. A blob equals no text, so it stands for NULL, of which UNIQUE would allow many.
CREATE UNIQUE INDEX audit_count_keys_members ON audit_count_keys (cube, ifnull(agent_id, x''), ifnull(team_id, x''), ifnull(action, x''), ifnull(decision, x''), ifnull(dry_run, x''), ifnull(matched_rule_id, x''), ifnull(tool, x''));

-- A cell counts the events of one combination in one hour, day or month of UTC.
CREATE TABLE audit_counts (
  -- The cube times ten, and the level: 1 hour, 2 day, 3 month.
  cube_level INTEGER NOT NULL,
  -- The start of the cell, in hours since 1970-01-01T00:00:00Z.
  hour INTEGER NOT NULL,
  -- In audit_count_keys.
  key_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  -- Bytes of payloads; 0 in cubes that do not count them.
  payload_bytes INTEGER NOT NULL,
  PRIMARY KEY (cube_level, hour, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_count_state (
  -- There is one row.
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- The cells count the events with a seq up to this one.
  folded_seq INTEGER NOT NULL,
  -- Raised when events behind folded_seq are deleted, and when all is to be counted anew: what was computed before is void.
  generation INTEGER NOT NULL
) STRICT;

INSERT INTO audit_count_state VALUES (1, 0, 0);
