-- The tokens of a gateway: one row for each, kept when it is revoked.
CREATE TABLE api_tokens (
  token_id text COLLATE "C" PRIMARY KEY,
  -- SHA-256 of the secret, in hexadecimal; the secret itself is stored nowhere.
  hash text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  -- JSON array of names.
  scopes text COLLATE "C" NOT NULL,
  team_id text COLLATE "C",
  requests_per_minute integer,
  -- NULL for one that does not expire.
  expires_at timestamptz(3),
  actor text COLLATE "C" NOT NULL,
  created_at timestamptz(3) NOT NULL,
  -- NULL while it is in force.
  revoked_at timestamptz(3),
  revoke_actor text COLLATE "C",
  revoke_reason text COLLATE "C",
  CONSTRAINT api_tokens_revoked CHECK ((revoked_at IS NULL) = (revoke_actor IS NULL)),
  CONSTRAINT api_tokens_limits CHECK (
    length(hash) = 64 AND length(name) >= 1 AND length(name) <= 512 AND length(team_id) <= 512
    AND length(actor) >= 1 AND length(actor) <= 512 AND length(revoke_actor) <= 512 AND length(revoke_reason) <= 512
    AND requests_per_minute >= 1
  )
);

-- A token is revoked once, and allows what it was created with.
CREATE FUNCTION keep_api_tokens() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  revocation text[] := '{revoked_at,revoke_actor,revoke_reason}';
BEGIN
  IF OLD.revoked_at IS NULL AND to_jsonb(OLD) - revocation = to_jsonb(NEW) - revocation THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what an API token allows, and that it is revoked, cannot be changed' USING ERRCODE = 'restrict_violation';
END
$$;

REVOKE ALL ON FUNCTION keep_api_tokens() FROM PUBLIC;

CREATE TRIGGER keep_api_tokens BEFORE UPDATE ON api_tokens FOR EACH ROW EXECUTE FUNCTION keep_api_tokens();
