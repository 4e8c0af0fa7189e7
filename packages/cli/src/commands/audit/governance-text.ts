import type { AUDIT_ACTIONS, AuditEvent, JsonObject, JsonValue } from "@agent-assembly/storage-core";

/** Not read from there: help would load the store's code. */
const GOVERNANCE: (typeof AUDIT_ACTIONS)["governance"] = "governance";

/** What changed, as a list shows it: `policy.activated tools 3`. `undefined` for an event that records no change. */
export function changeText({ action, payload }: AuditEvent): string | undefined {
  const record = action === GOVERNANCE ? asObject(payload) : undefined;
  if (typeof record?.change !== "string") return undefined;
  const subject = Object.values(asObject(record.subject) ?? {}).filter((id) => typeof id !== "object");
  return [record.change, ...subject].join(" ");
}

/** Who changed or decided it, as far as the event says so. */
export function actorOf({ action, payload }: AuditEvent): string | undefined {
  const record = asObject(payload);
  const actor = action === GOVERNANCE ? record?.actor : record?.decisionSource;
  return typeof actor === "string" ? actor : undefined;
}

function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}
