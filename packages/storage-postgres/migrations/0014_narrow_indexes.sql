-- Two keys of 8 bytes each: where more than that is in an index, the server leaves its pages half empty when many agents or
-- sessions grow side by side. Events of one time are put in the order of their ids by those who read them.
DROP INDEX audit_events_agent;
CREATE INDEX audit_events_agent ON audit_events (agent_id, ts);

-- Serve the newest or oldest events of a session or a trace, and their pages. Hashes, since most of their names are UUIDs and
-- hexadecimal digits, 32 to 36 bytes long: a condition that is to use the index asks for the hash beside the name.
DROP INDEX audit_events_session;
DROP INDEX audit_events_trace;
CREATE INDEX audit_events_session ON audit_events (hashtextextended(session_id, 0), ts) WHERE session_id IS NOT NULL;
CREATE INDEX audit_events_trace ON audit_events (hashtextextended(trace_id, 0), ts) WHERE trace_id IS NOT NULL;

-- Holds no row. TimescaleDB keeps a Bloom filter, or the least and the greatest value, of a column beside compressed rows if it finds
-- the column in an index, and does not look for it in expressions.
CREATE INDEX audit_events_compressed ON audit_events (session_id, trace_id) WHERE false;
