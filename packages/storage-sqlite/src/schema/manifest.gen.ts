// Made by scripts/generate.mjs from migrations/*.sql. Do not edit.
import type { SchemaManifest } from "@agent-assembly/migrations";

export const SCHEMA_MANIFEST: SchemaManifest = {
  "tables": {
    "aasm_migrations": {
      "columns": {
        "version": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "name": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "checksum": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "applied_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "duration_ms": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "tool_version": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "state": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (state IN ('started', 'applied'))"
      ]
    },
    "agent_registry": {
      "columns": {
        "agent_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "name": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "org_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "base_enforcement_mode": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "window_mode": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "window_expires_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "credential": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "credential_generation": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "credential_rotated_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "status": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_seen_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "metadata": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "revision": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "registered_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "updated_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (status IN ('registered', 'online', 'offline'))",
        "CHECK (revision >= 1)"
      ]
    },
    "api_tokens": {
      "columns": {
        "token_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "hash": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "name": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "scopes": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "requests_per_minute": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "expires_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "created_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "revoked_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "revoke_actor": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "revoke_reason": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (length(hash) = 64)",
        "CHECK ((revoked_at IS NULL) = (revoke_actor IS NULL))"
      ]
    },
    "approvals": {
      "columns": {
        "request_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "agent_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "request": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "digest": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "on_expiry": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "submitted_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "expires_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "claimed_by": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "claim_expires_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "verdict": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "decided_by": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "reason": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "decided_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "revision": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (on_expiry IN ('approve', 'deny'))",
        "CHECK (verdict IN ('approve', 'deny'))",
        "CHECK (revision >= 1)",
        "CHECK ((claimed_by IS NULL) = (claim_expires_at IS NULL))",
        "CHECK ((verdict IS NULL) = (decided_at IS NULL))",
        "CHECK (verdict IS NOT NULL OR (decided_by IS NULL AND reason IS NULL))"
      ]
    },
    "archives": {
      "columns": {
        "archive_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "dataset": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "partition_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "partition_from": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "partition_to": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "selection": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "as_of": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "url": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "state": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "rows": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "bytes": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "started_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (dataset IN ('audit', 'metrics'))",
        "CHECK (partition_to > partition_from)",
        "CHECK (state IN ('writing', 'verified', 'dropped'))"
      ]
    },
    "audit_count_keys": {
      "columns": {
        "id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "cube": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "agent_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "decision": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "dry_run": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "matched_rule_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "tool": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "audit_count_state": {
      "columns": {
        "id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "folded_seq": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "generation": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (id = 1)"
      ]
    },
    "audit_counts": {
      "columns": {
        "cube_level": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "hour": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "key_id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "events": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "payload_bytes": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "WITHOUT ROWID"
      ]
    },
    "audit_dropped_counts": {
      "columns": {
        "level": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "hour": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "key_id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "events": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "WITHOUT ROWID"
      ]
    },
    "audit_dropped_keys": {
      "columns": {
        "id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "agent_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "decision": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "dry_run": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "matched_rule_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "tool": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "audit_erased": {
      "columns": {
        "ts": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "event_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "parts": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "WITHOUT ROWID"
      ]
    },
    "audit_events": {
      "columns": {
        "seq": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "ts": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "recorded_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "event_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "agent_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "org_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "session_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "trace_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "action": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "decision": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "dry_run": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "shadow_decision": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "matched_rule_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "tool": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "payload": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "AUTOINCREMENT",
        "CHECK (dry_run IN (0, 1))"
      ]
    },
    "erasures": {
      "columns": {
        "erasure_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "request": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "basis": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "parts": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "salt": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "filter_digest": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "state": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "events": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "events_from": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "events_to": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "started_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "finished_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "detail": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (state IN ('begun', 'done', 'failed'))",
        "CHECK ((state = 'begun') = (finished_at IS NULL))",
        "CHECK ((events_from IS NULL) = (events_to IS NULL))"
      ]
    },
    "evidence_anchors": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "size": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "kind": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "target": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 4
        },
        "at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "receipt": {
          "type": "BLOB",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_batches": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "first": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "count": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "first_seq": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_seq": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "from_ts": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "to_ts": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "seqs": {
          "type": "BLOB",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_checkpoints": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "size": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "note": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_hashes": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "level": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "idx": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "hashes": {
          "type": "BLOB",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_log": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "origin": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "size": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "root": {
          "type": "BLOB",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "position": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "chain": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_moved": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "leaf": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "seq": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "archive": {
          "type": "TEXT",
          "nullable": false,
          "default": "''",
          "primaryKey": 0
        },
        "manifest": {
          "type": "TEXT",
          "nullable": false,
          "default": "''",
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_parts": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "leaf": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "place": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "is_erased": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "bytes": {
          "type": "BLOB",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (is_erased IN (0, 1))"
      ]
    },
    "evidence_seeds": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "bundle": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "depth": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 3
        },
        "path": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 4
        },
        "node": {
          "type": "BLOB",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_statements": {
      "columns": {
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "leaf": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "kind": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "entry": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "list": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "evidence_verifications": {
      "columns": {
        "verification_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "log": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "started_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "stored_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "report": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (length(verification_id) = 36)",
        "CHECK (json_valid(report))"
      ]
    },
    "leases": {
      "columns": {
        "name": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "owner": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "expires_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "legal_holds": {
      "columns": {
        "hold_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "agent_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "team_id": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "covers_from": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "covers_to": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "reason": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "placed_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "released_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "release_actor": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "release_reason": {
          "type": "TEXT",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (covers_to > covers_from)",
        "CHECK ((released_at IS NULL) = (release_actor IS NULL) AND (released_at IS NULL) = (release_reason IS NULL))"
      ]
    },
    "policy_activations": {
      "columns": {
        "id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "name": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "from_version": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "to_version": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "kind": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "AUTOINCREMENT",
        "CHECK (kind IN ('activate', 'rollback'))"
      ]
    },
    "policy_active": {
      "columns": {
        "name": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "version": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "FOREIGN KEY (name, version) REFERENCES policy_versions (name, version)"
      ]
    },
    "policy_versions": {
      "columns": {
        "name": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "version": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 2
        },
        "format": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "digest": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "size": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "actor": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "created_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "source": {
          "type": "BLOB",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "document": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (version >= 1)",
        "CHECK (format IN ('yaml', 'json'))"
      ]
    },
    "retention_runs": {
      "columns": {
        "run_id": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "started_at": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "finished_at": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "outcome": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "scheduled_for": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        },
        "rows": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "bytes": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "detail": {
          "type": "TEXT",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (outcome IN ('running', 'succeeded', 'failed', 'interrupted'))",
        "CHECK ((outcome = 'running') = (finished_at IS NULL))"
      ]
    },
    "store_histories": {
      "columns": {
        "number": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "history_id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "last_seq": {
          "type": "INTEGER",
          "nullable": true,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT"
      ]
    },
    "store_openings": {
      "columns": {
        "number": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 1
        },
        "opening_id": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "first_seq": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        },
        "is_open": {
          "type": "INTEGER",
          "nullable": false,
          "default": null,
          "primaryKey": 0
        }
      },
      "options": [
        "STRICT",
        "CHECK (is_open IN (0, 1))"
      ]
    }
  },
  "indexes": {
    "approvals_decided": {
      "table": "approvals",
      "definition": "CREATE INDEX approvals_decided ON approvals (decided_at)"
    },
    "approvals_open": {
      "table": "approvals",
      "definition": "CREATE INDEX approvals_open ON approvals (submitted_at, request_id, expires_at) WHERE verdict IS NULL"
    },
    "approvals_order": {
      "table": "approvals",
      "definition": "CREATE INDEX approvals_order ON approvals (submitted_at, request_id)"
    },
    "audit_count_keys_members": {
      "table": "audit_count_keys",
      "definition": "CREATE UNIQUE INDEX audit_count_keys_members ON audit_count_keys (cube, ifnull(agent_id, x''), ifnull(team_id, x''), ifnull(action, x''), ifnull(decision, x''), ifnull(dry_run, x''), ifnull(matched_rule_id, x''), ifnull(tool, x''))"
    },
    "audit_dropped_keys_members": {
      "table": "audit_dropped_keys",
      "definition": "CREATE UNIQUE INDEX audit_dropped_keys_members ON audit_dropped_keys (agent_id, ifnull(team_id, x''), action, decision, dry_run, ifnull(matched_rule_id, x''), ifnull(tool, x''))"
    },
    "audit_events_agent": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_agent ON audit_events (agent_id, ts, event_id)"
    },
    "audit_events_dry_run": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_dry_run ON audit_events (ts, event_id) WHERE dry_run = 1"
    },
    "audit_events_key": {
      "table": "audit_events",
      "definition": "CREATE UNIQUE INDEX audit_events_key ON audit_events (ts, event_id)"
    },
    "audit_events_session": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_session ON audit_events (session_id, ts) WHERE session_id IS NOT NULL"
    },
    "audit_events_trace": {
      "table": "audit_events",
      "definition": "CREATE INDEX audit_events_trace ON audit_events (trace_id, ts) WHERE trace_id IS NOT NULL"
    },
    "evidence_moved_seq": {
      "table": "evidence_moved",
      "definition": "CREATE INDEX evidence_moved_seq ON evidence_moved (seq)"
    },
    "legal_holds_in_force": {
      "table": "legal_holds",
      "definition": "CREATE INDEX legal_holds_in_force ON legal_holds (agent_id, team_id, covers_from, covers_to) WHERE released_at IS NULL"
    },
    "policy_activations_name": {
      "table": "policy_activations",
      "definition": "CREATE INDEX policy_activations_name ON policy_activations (name, id)"
    }
  },
  "views": {
    "audit_events_readable": {
      "definition": "CREATE VIEW audit_events_readable AS SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', ts / 1000.0, 'unixepoch') AS ts, strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1000.0, 'unixepoch') AS recorded_at, event_id, agent_id, team_id, org_id, session_id, trace_id, action, decision, dry_run, shadow_decision, matched_rule_id, tool, payload FROM audit_events"
    }
  }
};
