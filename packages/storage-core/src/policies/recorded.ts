import type { AuditEventRow } from "../audit/row.js";
import type { GovernanceChange, ParsedContext } from "../governance/change.js";
import { governanceEvent } from "../governance/event.js";
import type { JsonObject } from "../support/json.js";
import type { PolicyActivationRow, PolicyVersionInfoRow } from "./row.js";

/** What is recorded of a new version. @param latest the one before */
export function savedEvent(
  latest: PolicyVersionInfoRow | undefined,
  saved: PolicyVersionInfoRow,
  by: ParsedContext,
): AuditEventRow {
  return governanceEvent({
    change: "policy.saved",
    at: saved.createdAt,
    subject: { policy: saved.name, version: saved.version },
    before: latest && factsOf(latest),
    after: factsOf(saved),
    by,
  });
}

const KINDS: Readonly<Record<PolicyActivationRow["kind"], GovernanceChange>> = {
  activate: "policy.activated",
  rollback: "policy.rolled_back",
};

/** What is recorded of a change of the active version. */
export function activatedEvent({ name, from, to, kind, at }: PolicyActivationRow, by: ParsedContext): AuditEventRow {
  return governanceEvent({
    change: KINDS[kind],
    at,
    subject: { policy: name, version: to },
    ...(from !== null && { before: { version: from } }),
    after: { version: to },
    by,
  });
}

function factsOf({ version, format, digest, size }: PolicyVersionInfoRow): JsonObject {
  return { version, format, size, source: `sha256:${digest}` };
}
