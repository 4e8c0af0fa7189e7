-- Counts of events that were dropped, by all members that counts are kept by. They stay when the events are gone, and nothing
-- can compute them again.

-- Combinations of values. NULL where the events lack the member.
CREATE TABLE audit_dropped_keys (
  id INTEGER PRIMARY KEY,
  agent_id TEXT NOT NULL,
  team_id TEXT,
  action TEXT NOT NULL,
  decision TEXT NOT NULL,
  dry_run INTEGER NOT NULL,
  matched_rule_id TEXT,
  tool TEXT
) STRICT;

-- Serves the look-up of a combination. A blob equals no text, so it stands for NULL, of which UNIQUE would allow many.
CREATE UNIQUE INDEX audit_dropped_keys_members ON audit_dropped_keys (agent_id, ifnull(team_id, x''), action, decision, dry_run, ifnull(matched_rule_id, x''), ifnull(tool, x''));

-- How many events of one combination were dropped, and not restored since, in one day or month of UTC.
CREATE TABLE audit_dropped_counts (
  -- 2 day, 3 month.
  level INTEGER NOT NULL,
  -- The start of the day or month, in hours since 1970-01-01T00:00:00Z.
  hour INTEGER NOT NULL,
  -- In audit_dropped_keys.
  key_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (level, hour, key_id)
) STRICT, WITHOUT ROWID;
