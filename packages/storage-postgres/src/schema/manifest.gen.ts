// Made by scripts/generate.mjs from migrations/*.sql. Do not edit.
import type { SchemaManifest } from "@agent-assembly/migrations";

export const SCHEMA_MANIFEST: SchemaManifest = {
  "tables": {
    "aasm_migrations": {
      "columns": {
        "version": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "name": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "checksum": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "applied_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "duration_ms": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "tool_version": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "state": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK ((state = ANY (ARRAY['started'::text, 'applied'::text])))"
      ]
    },
    "agent_registry": {
      "columns": {
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "name": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "org_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "base_enforcement_mode": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "window_mode": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "window_expires_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "credential": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "credential_generation": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "credential_rotated_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "status": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_seen_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "metadata": {
          "type": "jsonb",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "revision": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "registered_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "updated_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((length(agent_id) >= 1) AND (length(agent_id) <= 512) AND ((length(name) >= 1) AND (length(name) <= 512)) AND ((length(team_id) >= 1) AND (length(team_id) <= 512)) AND ((length(org_id) >= 1) AND (length(org_id) <= 512)) AND ((length(base_enforcement_mode) >= 1) AND (length(base_enforcement_mode) <= 512)) AND ((length(window_mode) >= 1) AND (length(window_mode) <= 512)) AND ((length(credential) >= 1) AND (length(credential) <= 512)) AND (credential_generation >= 0) AND (jsonb_typeof(metadata) = 'object'::text)))",
        "CHECK ((revision >= 1))",
        "CHECK ((status = ANY (ARRAY['registered'::text, 'online'::text, 'offline'::text])))"
      ]
    },
    "api_tokens": {
      "columns": {
        "token_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "hash": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "name": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "scopes": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "requests_per_minute": {
          "type": "integer",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "expires_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "created_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "revoked_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "revoke_actor": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "revoke_reason": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((length(hash) = 64) AND (length(name) >= 1) AND (length(name) <= 512) AND (length(team_id) <= 512) AND (length(actor) >= 1) AND (length(actor) <= 512) AND (length(revoke_actor) <= 512) AND (length(revoke_reason) <= 512) AND (requests_per_minute >= 1)))",
        "CHECK (((revoked_at IS NULL) = (revoke_actor IS NULL)))",
        "CREATE TRIGGER keep_api_tokens BEFORE UPDATE ON api_tokens FOR EACH ROW EXECUTE FUNCTION keep_api_tokens()"
      ]
    },
    "approvals": {
      "columns": {
        "request_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "request": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "digest": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "on_expiry": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "submitted_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "expires_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "claimed_by": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "claim_expires_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "verdict": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "decided_by": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "reason": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "decided_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "revision": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((claimed_by IS NULL) = (claim_expires_at IS NULL)))",
        "CHECK (((length(request_id) >= 1) AND (length(request_id) <= 512) AND ((length(agent_id) >= 1) AND (length(agent_id) <= 512)) AND ((length(team_id) >= 1) AND (length(team_id) <= 512)) AND ((length(action) >= 1) AND (length(action) <= 512)) AND ((length(claimed_by) >= 1) AND (length(claimed_by) <= 512)) AND ((length(decided_by) >= 1) AND (length(decided_by) <= 512)) AND ((length(reason) >= 1) AND (length(reason) <= 512)) AND (octet_length(request) <= 262144) AND (digest = encode(sha256(convert_to(request, 'UTF8'::name)), 'hex'::text))))",
        "CHECK (((verdict IS NOT NULL) OR ((decided_by IS NULL) AND (reason IS NULL))))",
        "CHECK (((verdict IS NULL) = (decided_at IS NULL)))",
        "CHECK ((on_expiry = ANY (ARRAY['approve'::text, 'deny'::text])))",
        "CHECK ((revision >= 1))",
        "CHECK ((verdict = ANY (ARRAY['approve'::text, 'deny'::text])))"
      ]
    },
    "archives": {
      "columns": {
        "archive_id": {
          "type": "uuid",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "dataset": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "partition_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "from_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "to_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "selection": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "as_of": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "url": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "state": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "rows": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "bytes": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "started_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((from_ts < to_ts) AND (rows >= 0) AND (bytes >= 0) AND ((length(partition_id) >= 1) AND (length(partition_id) <= 512)) AND ((length(as_of) >= 1) AND (length(as_of) <= 262144)) AND ((length(url) >= 1) AND (length(url) <= 2048))))",
        "CHECK ((dataset = ANY (ARRAY['audit'::text, 'metrics'::text])))",
        "CHECK ((state = ANY (ARRAY['writing'::text, 'verified'::text, 'dropped'::text])))",
        "CREATE TRIGGER keep_archives BEFORE INSERT OR DELETE OR UPDATE ON archives FOR EACH ROW EXECUTE FUNCTION keep_archives()"
      ]
    },
    "audit_count_cells": {
      "columns": {
        "origin": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "start": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 4
        },
        "cube": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "level": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "keys": {
          "type": "integer[]",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "events": {
          "type": "bigint[]",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "payload_bytes": {
          "type": "bigint[]",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((cardinality(keys) > 0) AND (cardinality(events) = cardinality(keys)) AND (cardinality(payload_bytes) = cardinality(keys))))"
      ]
    },
    "audit_count_keys": {
      "columns": {
        "id": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "cube": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "decision": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "dry_run": {
          "type": "boolean",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "matched_rule_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "tool": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "hash": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "UNIQUE (hash)"
      ]
    },
    "audit_count_state": {
      "columns": {
        "id": {
          "type": "boolean",
          "nullable": false,
          "default": "true",
          "primaryKey": 1
        },
        "origin": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "next": {
          "type": "bigint",
          "nullable": false,
          "default": "0",
          "primaryKey": 0
        },
        "open": {
          "type": "bigint[]",
          "nullable": false,
          "default": "'{}'::bigint[]",
          "primaryKey": 0
        },
        "counted_to": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": "'-infinity'::timestamp with time zone",
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (id)"
      ]
    },
    "audit_dropped_cells": {
      "columns": {
        "start": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "level": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "keys": {
          "type": "integer[]",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "events": {
          "type": "bigint[]",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((cardinality(keys) > 0) AND (cardinality(events) = cardinality(keys))))"
      ]
    },
    "audit_dropped_keys": {
      "columns": {
        "id": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "decision": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "dry_run": {
          "type": "boolean",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "matched_rule_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "tool": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "hash": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "UNIQUE (hash)"
      ]
    },
    "audit_erased": {
      "columns": {
        "ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "event_id": {
          "type": "uuid",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "parts": {
          "type": "text[] COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK ((cardinality(parts) > 0))"
      ]
    },
    "audit_events": {
      "columns": {
        "ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "recorded_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": "date_trunc('milliseconds'::text, now())",
          "primaryKey": 0
        },
        "xact": {
          "type": "bigint",
          "nullable": false,
          "default": "((pg_current_xact_id())::text)::bigint",
          "primaryKey": 0
        },
        "seq": {
          "type": "bigint",
          "nullable": false,
          "default": "nextval('audit_events_seq'::regclass)",
          "primaryKey": 0
        },
        "event_id": {
          "type": "uuid",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "dry_run": {
          "type": "boolean",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "org_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "session_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "trace_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "decision": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "shadow_decision": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "matched_rule_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "tool": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "payload": {
          "type": "jsonb",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((seq >= 1) AND (LEAST(ts, recorded_at) >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (GREATEST(ts, recorded_at) < '10000-01-01 00:00:00+00'::timestamp with time zone) AND (LEAST(agent_id, team_id, org_id, session_id, trace_id, action, decision, shadow_decision, matched_rule_id, tool) <> ''::text) AND (GREATEST(length(agent_id), length(team_id), length(org_id), length(session_id), length(trace_id), length(action), length(decision), length(shadow_decision), length(matched_rule_id), length(tool)) <= 512)))",
        "CREATE TRIGGER forget_audit_counts AFTER TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION forget_audit_counts()",
        "CREATE TRIGGER record_timeline BEFORE INSERT ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION record_timeline()"
      ]
    },
    "audit_timelines": {
      "columns": {
        "origin": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "number": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "id": {
          "type": "bigint",
          "nullable": false,
          "default": "((('x'::text || \"left\"(replace((gen_random_uuid())::text, '-'::text, ''::text), 12)))::bit(48))::bigint",
          "primaryKey": 0
        },
        "timeline": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "switch_lsn": {
          "type": "pg_lsn",
          "nullable": true,
          "default": "pg_last_wal_replay_lsn()",
          "primaryKey": 0
        },
        "first_xact": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "recorded_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": "date_trunc('milliseconds'::text, clock_timestamp())",
          "primaryKey": 0
        }
      },
      "options": []
    },
    "dropped_metric_hours": {
      "columns": {
        "series_id": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "hour": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        }
      },
      "options": []
    },
    "erasures": {
      "columns": {
        "erasure_id": {
          "type": "uuid",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "request": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "basis": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "parts": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "salt": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "filter_digest": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "state": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "events": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "from_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "to_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "started_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "finished_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "detail": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((length(request) >= 1) AND (length(request) <= 512) AND (length(basis) >= 1) AND (length(basis) <= 512) AND (length(actor) >= 1) AND (length(actor) <= 512) AND (events >= 0) AND (num_nulls(from_ts, to_ts) = ANY (ARRAY[0, 2])) AND (from_ts <= to_ts)))",
        "CHECK (((state = 'begun'::text) = (finished_at IS NULL)))",
        "CHECK ((state = ANY (ARRAY['begun'::text, 'done'::text, 'failed'::text])))",
        "CREATE TRIGGER keep_erasures BEFORE UPDATE ON erasures FOR EACH ROW EXECUTE FUNCTION keep_erasures()"
      ]
    },
    "evidence_anchors": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "size": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "kind": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "target": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 4
        },
        "at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "receipt": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": []
    },
    "evidence_batches": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "first": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "count": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "first_seq": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_seq": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "from_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "to_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "seqs": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "first_xact": {
          "type": "bigint",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "last_xact": {
          "type": "bigint",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": []
    },
    "evidence_checkpoints": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "size": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "note": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": []
    },
    "evidence_hashes": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "level": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "part": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 4
        },
        "idx": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "hashes": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": []
    },
    "evidence_log": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "origin": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "size": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "root": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "position": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "chain": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((log >= 1) AND (size >= 0) AND (octet_length(root) = 32)))"
      ]
    },
    "evidence_moved": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "leaf": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "seq": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "archive": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": "''::text",
          "primaryKey": 0
        },
        "manifest": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": "''::text",
          "primaryKey": 0
        }
      },
      "options": []
    },
    "evidence_parts": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "leaf": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "place": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "is_erased": {
          "type": "boolean",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "bytes": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((leaf >= 0) AND (place >= 0) AND (octet_length(bytes) = 32)))"
      ]
    },
    "evidence_seeds": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "bundle": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "depth": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "path": {
          "type": "smallint",
          "nullable": false,
          "default": null,
          "primaryKey": 4
        },
        "node": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": []
    },
    "evidence_statements": {
      "columns": {
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "leaf": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "kind": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "entry": {
          "type": "text",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "list": {
          "type": "text",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": []
    },
    "evidence_verifications": {
      "columns": {
        "verification_id": {
          "type": "uuid",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "log": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "started_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "stored_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": "date_trunc('milliseconds'::text, clock_timestamp())",
          "primaryKey": 0
        },
        "report": {
          "type": "jsonb",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": []
    },
    "leases": {
      "columns": {
        "name": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "owner": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "expires_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((length(name) >= 1) AND (length(name) <= 512) AND ((length(owner) >= 1) AND (length(owner) <= 512))))"
      ]
    },
    "legal_holds": {
      "columns": {
        "hold_id": {
          "type": "uuid",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "from_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "to_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "reason": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "placed_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "released_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "release_actor": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "release_reason": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((from_ts >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (from_ts < '10000-01-01 00:00:00+00'::timestamp with time zone) AND (to_ts >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (to_ts < '10000-01-01 00:00:00+00'::timestamp with time zone) AND ((length(agent_id) >= 1) AND (length(agent_id) <= 512)) AND ((length(team_id) >= 1) AND (length(team_id) <= 512)) AND ((length(reason) >= 1) AND (length(reason) <= 512)) AND ((length(actor) >= 1) AND (length(actor) <= 512)) AND ((length(release_actor) >= 1) AND (length(release_actor) <= 512)) AND ((length(release_reason) >= 1) AND (length(release_reason) <= 512)) AND (released_at >= placed_at)))",
        "CHECK ((from_ts < to_ts))",
        "CHECK ((num_nulls(released_at, release_actor, release_reason) = ANY (ARRAY[0, 3])))"
      ]
    },
    "metric_counters": {
      "columns": {
        "hash": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "ts": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "reading": {
          "type": "double precision",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((ts IS NULL) = (reading IS NULL)))"
      ]
    },
    "metric_definitions": {
      "columns": {
        "name": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "unit": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "kind": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "decimals": {
          "type": "integer",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "defined_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((decimals >= 0) AND (decimals <= 12)))",
        "CHECK (((length(name) <= 512) AND ((length(unit) >= 1) AND (length(unit) <= 30))))",
        "CHECK ((kind = ANY (ARRAY['gauge'::text, 'delta'::text, 'cumulative'::text])))",
        "CHECK ((name <> ''::text))"
      ]
    },
    "metric_fold": {
      "columns": {
        "id": {
          "type": "boolean",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        }
      },
      "options": [
        "CHECK (id)"
      ]
    },
    "metric_series": {
      "columns": {
        "id": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "metric": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "labels": {
          "type": "jsonb",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "hash": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "samples": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "first_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "last_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK ((((samples > 0) = (first_ts IS NOT NULL)) AND ((first_ts IS NULL) = (last_ts IS NULL))))",
        "UNIQUE (hash)"
      ]
    },
    "metric_totals": {
      "columns": {
        "series_id": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "level": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "bucket": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "samples": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "sum": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "large_sum": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "exact": {
          "type": "numeric",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "min": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "max": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_value": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK ((level = ANY (ARRAY['hour'::text, 'day'::text, 'month'::text])))",
        "CHECK ((samples >= 1))"
      ]
    },
    "metrics": {
      "columns": {
        "ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "value": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "metric": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "labels": {
          "type": "jsonb",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((ts >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (ts < '10000-01-01 00:00:00+00'::timestamp with time zone) AND (value > '-Infinity'::double precision) AND (value < 'Infinity'::double precision) AND ((length(metric) >= 1) AND (length(metric) <= 512)) AND ((length(agent_id) >= 1) AND (length(agent_id) <= 512)) AND ((length(team_id) >= 1) AND (length(team_id) <= 512)) AND (jsonb_typeof(labels) = 'object'::text)))"
      ]
    },
    "pending_metric_totals": {
      "columns": {
        "id": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "metric": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "agent_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "text COLLATE C",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "labels": {
          "type": "jsonb",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "bucket": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "samples": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "sum": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "large_sum": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "exact": {
          "type": "numeric",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "min": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "max": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "first_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_ts": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_value": {
          "type": "double precision",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK ((samples >= 1))"
      ]
    },
    "policy_activations": {
      "columns": {
        "id": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "name": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "from_version": {
          "type": "integer",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "to_version": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "kind": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((length(actor) >= 1) AND (length(actor) <= 512)))",
        "CHECK ((kind = ANY (ARRAY['activate'::text, 'rollback'::text])))",
        "FOREIGN KEY (name, to_version) REFERENCES policy_versions(name, version)"
      ]
    },
    "policy_active": {
      "columns": {
        "name": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "version": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "FOREIGN KEY (name, version) REFERENCES policy_versions(name, version)"
      ]
    },
    "policy_versions": {
      "columns": {
        "name": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "version": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "format": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "digest": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "size": {
          "type": "integer",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "created_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "source": {
          "type": "bytea",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "document": {
          "type": "jsonb",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((length(name) >= 1) AND (length(name) <= 512) AND ((length(actor) >= 1) AND (length(actor) <= 512)) AND (size = octet_length(source)) AND (size <= 1048576) AND (digest = encode(sha256(source), 'hex'::text))))",
        "CHECK ((format = ANY (ARRAY['yaml'::text, 'json'::text])))",
        "CHECK ((version >= 1))"
      ]
    },
    "retention_runs": {
      "columns": {
        "run_id": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "started_at": {
          "type": "timestamp(3) with time zone",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "finished_at": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "outcome": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "rows": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "bytes": {
          "type": "bigint",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "detail": {
          "type": "text COLLATE C",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "scheduled_for": {
          "type": "timestamp(3) with time zone",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "CHECK (((length(run_id) >= 1) AND (length(run_id) <= 512) AND (rows >= 0) AND (bytes >= 0)))",
        "CHECK (((outcome = 'running'::text) = (finished_at IS NULL)))",
        "CHECK ((outcome = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'interrupted'::text])))",
        "CREATE TRIGGER keep_retention_runs BEFORE UPDATE ON retention_runs FOR EACH ROW EXECUTE FUNCTION keep_retention_runs()"
      ]
    }
  },
  "indexes": {
    "aasm_migrations_pkey": {
      "table": "aasm_migrations",
      "definition": "CREATE UNIQUE INDEX aasm_migrations_pkey ON aasm_migrations USING btree (version)"
    },
    "agent_registry_pkey": {
      "table": "agent_registry",
      "definition": "CREATE UNIQUE INDEX agent_registry_pkey ON agent_registry USING btree (agent_id)"
    },
    "api_tokens_pkey": {
      "table": "api_tokens",
      "definition": "CREATE UNIQUE INDEX api_tokens_pkey ON api_tokens USING btree (token_id)"
    },
    "approvals_decided": {
      "table": "approvals",
      "definition": "CREATE INDEX approvals_decided ON approvals USING btree (decided_at)"
    },
    "approvals_open": {
      "table": "approvals",
      "definition": "CREATE INDEX approvals_open ON approvals USING btree (submitted_at, request_id, expires_at) WHERE (verdict IS NULL)"
    },
    "approvals_order": {
      "table": "approvals",
      "definition": "CREATE INDEX approvals_order ON approvals USING btree (submitted_at, request_id)"
    },
    "approvals_pkey": {
      "table": "approvals",
      "definition": "CREATE UNIQUE INDEX approvals_pkey ON approvals USING btree (request_id)"
    },
    "archives_pkey": {
      "table": "archives",
      "definition": "CREATE UNIQUE INDEX archives_pkey ON archives USING btree (archive_id)"
    },
    "audit_count_cells_pkey": {
      "table": "audit_count_cells",
      "definition": "CREATE UNIQUE INDEX audit_count_cells_pkey ON audit_count_cells USING btree (origin, cube, level, start)"
    },
    "audit_count_keys_hash_key": {
      "table": "audit_count_keys",
      "definition": "CREATE UNIQUE INDEX audit_count_keys_hash_key ON audit_count_keys USING btree (hash)"
    },
    "audit_count_keys_pkey": {
      "table": "audit_count_keys",
      "definition": "CREATE UNIQUE INDEX audit_count_keys_pkey ON audit_count_keys USING btree (id)"
    },
    "audit_count_state_pkey": {
      "table": "audit_count_state",
      "definition": "CREATE UNIQUE INDEX audit_count_state_pkey ON audit_count_state USING btree (id)"
    },
    "audit_dropped_cells_pkey": {
      "table": "audit_dropped_cells",
      "definition": "CREATE UNIQUE INDEX audit_dropped_cells_pkey ON audit_dropped_cells USING btree (level, start)"
    },
    "audit_dropped_keys_hash_key": {
      "table": "audit_dropped_keys",
      "definition": "CREATE UNIQUE INDEX audit_dropped_keys_hash_key ON audit_dropped_keys USING btree (hash)"
    },
    "audit_dropped_keys_pkey": {
      "table": "audit_dropped_keys",
      "definition": "CREATE UNIQUE INDEX audit_dropped_keys_pkey ON audit_dropped_keys USING btree (id)"
    },
    "audit_erased_key": {
      "table": "audit_erased",
      "definition": "CREATE UNIQUE INDEX audit_erased_key ON audit_erased USING btree (ts, event_id)"
    },
    "audit_events_agent": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_agent ON audit_events USING btree (agent_id, ts)"
    },
    "audit_events_dry_run": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_dry_run ON audit_events USING btree (ts, event_id) WHERE dry_run"
    },
    "audit_events_key": {
      "table": "audit_events",
      "definition": "CREATE UNIQUE INDEX audit_events_key ON audit_events USING btree (ts, event_id)"
    },
    "audit_events_order": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_order ON audit_events USING btree (xact, seq)"
    },
    "audit_events_session": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_session ON audit_events USING btree (session_id, ts) WHERE (session_id IS NOT NULL)"
    },
    "audit_events_trace": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_trace ON audit_events USING btree (trace_id, ts) WHERE (trace_id IS NOT NULL)"
    },
    "audit_timelines_key": {
      "table": "audit_timelines",
      "definition": "CREATE UNIQUE INDEX audit_timelines_key ON audit_timelines USING btree (origin, number)"
    },
    "dropped_metric_hours_pkey": {
      "table": "dropped_metric_hours",
      "definition": "CREATE UNIQUE INDEX dropped_metric_hours_pkey ON dropped_metric_hours USING btree (series_id, hour)"
    },
    "erasures_pkey": {
      "table": "erasures",
      "definition": "CREATE UNIQUE INDEX erasures_pkey ON erasures USING btree (erasure_id)"
    },
    "erasures_request": {
      "table": "erasures",
      "definition": "CREATE INDEX erasures_request ON erasures USING btree (request)"
    },
    "erasures_started": {
      "table": "erasures",
      "definition": "CREATE INDEX erasures_started ON erasures USING btree (started_at DESC, erasure_id DESC)"
    },
    "evidence_anchors_key": {
      "table": "evidence_anchors",
      "definition": "CREATE UNIQUE INDEX evidence_anchors_key ON evidence_anchors USING btree (log, size, kind, target)"
    },
    "evidence_batches_key": {
      "table": "evidence_batches",
      "definition": "CREATE UNIQUE INDEX evidence_batches_key ON evidence_batches USING btree (log, first)"
    },
    "evidence_checkpoints_key": {
      "table": "evidence_checkpoints",
      "definition": "CREATE UNIQUE INDEX evidence_checkpoints_key ON evidence_checkpoints USING btree (log, size)"
    },
    "evidence_hashes_key": {
      "table": "evidence_hashes",
      "definition": "CREATE UNIQUE INDEX evidence_hashes_key ON evidence_hashes USING btree (log, idx, level, part)"
    },
    "evidence_log_pkey": {
      "table": "evidence_log",
      "definition": "CREATE UNIQUE INDEX evidence_log_pkey ON evidence_log USING btree (log)"
    },
    "evidence_moved_key": {
      "table": "evidence_moved",
      "definition": "CREATE UNIQUE INDEX evidence_moved_key ON evidence_moved USING btree (log, leaf)"
    },
    "evidence_moved_seq": {
      "table": "evidence_moved",
      "definition": "CREATE INDEX evidence_moved_seq ON evidence_moved USING btree (seq)"
    },
    "evidence_parts_key": {
      "table": "evidence_parts",
      "definition": "CREATE UNIQUE INDEX evidence_parts_key ON evidence_parts USING btree (log, leaf, place)"
    },
    "evidence_seeds_key": {
      "table": "evidence_seeds",
      "definition": "CREATE UNIQUE INDEX evidence_seeds_key ON evidence_seeds USING btree (log, bundle, depth, path)"
    },
    "evidence_statements_key": {
      "table": "evidence_statements",
      "definition": "CREATE UNIQUE INDEX evidence_statements_key ON evidence_statements USING btree (log, leaf)"
    },
    "evidence_verifications_key": {
      "table": "evidence_verifications",
      "definition": "CREATE UNIQUE INDEX evidence_verifications_key ON evidence_verifications USING btree (verification_id)"
    },
    "leases_pkey": {
      "table": "leases",
      "definition": "CREATE UNIQUE INDEX leases_pkey ON leases USING btree (name)"
    },
    "legal_holds_pkey": {
      "table": "legal_holds",
      "definition": "CREATE UNIQUE INDEX legal_holds_pkey ON legal_holds USING btree (hold_id)"
    },
    "metric_counters_pkey": {
      "table": "metric_counters",
      "definition": "CREATE UNIQUE INDEX metric_counters_pkey ON metric_counters USING btree (hash)"
    },
    "metric_definitions_pkey": {
      "table": "metric_definitions",
      "definition": "CREATE UNIQUE INDEX metric_definitions_pkey ON metric_definitions USING btree (name)"
    },
    "metric_fold_pkey": {
      "table": "metric_fold",
      "definition": "CREATE UNIQUE INDEX metric_fold_pkey ON metric_fold USING btree (id)"
    },
    "metric_series_hash_key": {
      "table": "metric_series",
      "definition": "CREATE UNIQUE INDEX metric_series_hash_key ON metric_series USING btree (hash)"
    },
    "metric_series_metric": {
      "table": "metric_series",
      "definition": "CREATE INDEX metric_series_metric ON metric_series USING btree (metric)"
    },
    "metric_series_pkey": {
      "table": "metric_series",
      "definition": "CREATE UNIQUE INDEX metric_series_pkey ON metric_series USING btree (id)"
    },
    "metric_totals_pkey": {
      "table": "metric_totals",
      "definition": "CREATE UNIQUE INDEX metric_totals_pkey ON metric_totals USING btree (series_id, level, bucket)"
    },
    "metrics_metric": {
      "table": "metrics",
      "definition": "CREATE INDEX metrics_metric ON metrics USING btree (metric, ts)"
    },
    "pending_metric_totals_metric": {
      "table": "pending_metric_totals",
      "definition": "CREATE INDEX pending_metric_totals_metric ON pending_metric_totals USING btree (metric, bucket)"
    },
    "pending_metric_totals_pkey": {
      "table": "pending_metric_totals",
      "definition": "CREATE UNIQUE INDEX pending_metric_totals_pkey ON pending_metric_totals USING btree (id)"
    },
    "policy_activations_name": {
      "table": "policy_activations",
      "definition": "CREATE INDEX policy_activations_name ON policy_activations USING btree (name, id)"
    },
    "policy_activations_pkey": {
      "table": "policy_activations",
      "definition": "CREATE UNIQUE INDEX policy_activations_pkey ON policy_activations USING btree (id)"
    },
    "policy_active_pkey": {
      "table": "policy_active",
      "definition": "CREATE UNIQUE INDEX policy_active_pkey ON policy_active USING btree (name)"
    },
    "policy_versions_pkey": {
      "table": "policy_versions",
      "definition": "CREATE UNIQUE INDEX policy_versions_pkey ON policy_versions USING btree (name, version)"
    },
    "retention_runs_pkey": {
      "table": "retention_runs",
      "definition": "CREATE UNIQUE INDEX retention_runs_pkey ON retention_runs USING btree (run_id)"
    },
    "retention_runs_started": {
      "table": "retention_runs",
      "definition": "CREATE INDEX retention_runs_started ON retention_runs USING btree (started_at DESC, run_id DESC)"
    }
  },
  "views": {
    "audit_origin": {
      "definition": "SELECT ((('x'::text || \"left\"(replace((u.id)::text, '-'::text, ''::text), 12)))::bit(48))::bigint AS id, CASE WHEN s.is_called THEN s.last_value ELSE (0)::bigint END AS seq, ((('x'::text || \"left\"(pg_walfile_name(pg_current_wal_insert_lsn()), 8)))::bit(32))::integer AS timeline FROM (audit_events_seq s CROSS JOIN gen_random_uuid() u(id)) WHERE (setval('audit_timeline_known'::regclass, (1)::bigint, false) = 1);"
    }
  }
};
