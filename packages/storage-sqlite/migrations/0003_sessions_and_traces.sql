-- Serves the newest or oldest events of a session and their pages: the index holds only events of a session.
CREATE INDEX audit_events_session ON audit_events (session_id, ts, event_id) WHERE session_id IS NOT NULL;

-- Serves the same of a trace.
CREATE INDEX audit_events_trace ON audit_events (trace_id, ts, event_id) WHERE trace_id IS NOT NULL;
