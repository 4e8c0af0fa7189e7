-- Serves the newest or oldest events of a session and their pages: the index holds only events of a session. Without event_id,
-- by which only events of the same millisecond are then sorted: it would be half of the index, and appends take as much longer.
CREATE INDEX audit_events_session ON audit_events (session_id, ts) WHERE session_id IS NOT NULL;

-- Serves the same of a trace.
CREATE INDEX audit_events_trace ON audit_events (trace_id, ts) WHERE trace_id IS NOT NULL;
