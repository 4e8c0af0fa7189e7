import { AUDIT_ACTIONS, type AuditEvent, type JsonObject, type JsonValue } from "@agent-assembly/storage-core";

/** What changed, as a list shows it: `policy.activated tools 3`. `undefined` for an event that records no change. */
export function changeText({ action, payload }: AuditEvent): string | undefined {
  const record = action === AUDIT_ACTIONS.governance ? asObject(payload) : undefined;
  if (typeof record?.change !== "string") return undefined;
  const subject = Object.values(asObject(record.subject) ?? {}).filter((id) => typeof id !== "object");
  return [record.change, ...subject].join(" ");
}

/** Who changed it, as far as the event says so. */
export function changerOf({ action, payload }: AuditEvent): string | undefined {
  const actor = action === AUDIT_ACTIONS.governance ? asObject(payload)?.actor : undefined;
  return typeof actor === "string" ? actor : undefined;
}

function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}
