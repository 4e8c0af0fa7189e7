import type { PolicyVersion } from "../../policies/record.js";
import type { JsonValue } from "../../support/json.js";

/**
 * The same version as an object that many callers can share: the document is frozen, and members that cannot be frozen
 * are copied whenever they are read.
 */
export function unchangeable(policy: PolicyVersion): PolicyVersion {
  const { source, createdAt, document, ...info } = policy;
  const bytes = Uint8Array.from(source);
  const created = createdAt.getTime();
  return Object.freeze({
    ...info,
    get createdAt() {
      return new Date(created);
    },
    get source() {
      return Uint8Array.from(bytes);
    },
    document: freeze(document),
  });
}

function freeze(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value) as JsonValue;
}
