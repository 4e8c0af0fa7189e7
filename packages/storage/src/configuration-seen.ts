import { createHash } from "node:crypto";
import {
  AUDIT_ACTIONS,
  AUDIT_DECISIONS,
  canonicalJson,
  GOVERNANCE_AGENT,
  type GovernanceRecord,
  isStorageError,
  type JsonObject,
  type JsonValue,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import { redactConfig } from "./config/redact.js";
import type { Config } from "./config/schema/schema.js";

/** Governance events that are looked through for the configuration that was recorded last. */
const LOOKED_THROUGH = 100;

/**
 * Records the configuration that a store was opened with, its secrets masked, as an event of action `governance`, unless the one
 * recorded last is equal. A user that may not write events records nothing.
 */
export async function recordConfiguration({ audit }: Pick<StorageBackend, "audit">, config: Config): Promise<void> {
  const settings = JSON.parse(JSON.stringify(redactConfig(config).storage)) as JsonObject;
  const digest = `sha256:${createHash("sha256").update(canonicalJson(settings)).digest("hex")}`;
  try {
    const before = await lastSeen(audit);
    if (before?.digest === digest) return;
    const record: GovernanceRecord = {
      change: "configuration.seen",
      subject: { digest },
      ...(before !== undefined && { before }),
      after: { digest, settings },
    };
    const event = { agentId: GOVERNANCE_AGENT, action: AUDIT_ACTIONS.governance, decision: AUDIT_DECISIONS.observed };
    await audit.append([{ ...event, ts: new Date(), payload: record }]);
  } catch (error) {
    if (!isStorageError(error, "permission_denied")) throw error;
  }
}

async function lastSeen(audit: StorageBackend["audit"]): Promise<{ readonly digest: string } | undefined> {
  const filter = { agentId: GOVERNANCE_AGENT, action: AUDIT_ACTIONS.governance };
  const { items } = await audit.query(filter, { limit: LOOKED_THROUGH });
  const seen = items.find(({ payload }) => memberOf(payload, "change") === "configuration.seen");
  const digest = memberOf(memberOf(seen?.payload, "subject"), "digest");
  return typeof digest === "string" ? { digest } : undefined;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject)[name] : undefined;
}
