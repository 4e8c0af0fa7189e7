-- Serve the newest or oldest events of an agent, a session or a trace, and their pages. Without the event id, which was a third to a
-- half of them: events of one time are put in the order of their ids by those who read them.
DROP INDEX audit_events_agent;
DROP INDEX audit_events_session;
DROP INDEX audit_events_trace;
CREATE INDEX audit_events_agent ON audit_events (agent_id, ts);
CREATE INDEX audit_events_session ON audit_events (session_id, ts) WHERE session_id IS NOT NULL;
CREATE INDEX audit_events_trace ON audit_events (trace_id, ts) WHERE trace_id IS NOT NULL;
