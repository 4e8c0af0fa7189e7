-- Changes of policies, agents, approvals, holds, retention and archives are recorded as audit events.

-- Stores the event that records a change, in the transaction of the change. Runs as the owner, so that a role that may change
-- something can record it, and can add no other event: the action is always governance.
-- Answers false when the event is there already.
CREATE FUNCTION record_governance(
  ts timestamptz, event_id uuid, agent_id text, team_id text, org_id text, decision text, payload text
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO audit_events (ts, event_id, agent_id, team_id, org_id, action, decision, dry_run, payload)
  VALUES ($1, $2, $3, $4, $5, 'governance', $6, false, $7::jsonb)
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END
$$;

REVOKE ALL ON FUNCTION record_governance(timestamptz, uuid, text, text, text, text, text) FROM PUBLIC;
