import { describeShape, type JsonValue, type NewAuditEvent } from "@agent-assembly/storage-core";
import { parseIsoTime } from "../../../args/time.js";

/**
 * The event an exported line stands for. Only the time is converted here; everything else is checked by the store, so
 * that there is one set of rules. `recordedAt` is dropped: the importing store sets its own.
 */
export function eventFromJson(value: JsonValue): { readonly event: NewAuditEvent } | { readonly problem: string } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: `must be a JSON object with ts, agentId, action and decision, got ${describeShape(value)}` };
  }
  const { recordedAt: _, ts, ...rest } = value;
  const time = typeof ts === "string" ? parseIsoTime(ts) : undefined;
  if (time === undefined) {
    return {
      problem: `ts must be an ISO 8601 time with a zone such as "2024-05-15T15:00:00.000Z", got ${describeShape(ts)}`,
    };
  }
  return { event: { ...rest, ts: time } as unknown as NewAuditEvent };
}
