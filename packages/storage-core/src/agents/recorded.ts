import type { AuditEventRow } from "../audit/row.js";
import type { GovernanceChange, ParsedContext } from "../governance/change.js";
import { differences, digestValue, governanceEvent, isoOf } from "../governance/event.js";
import type { RecordChange } from "../governance/record-change.js";
import type { JsonObject } from "../support/json.js";
import type { AgentRow } from "./row.js";

/** What is recorded of a change of an agent: the settings that differ. */
export function recordAgent(change: GovernanceChange, by: ParsedContext | undefined): RecordChange<AgentRow> {
  return (before, after, now) => agentEvent(change, by, { before, after, now });
}

/** The event that records a change of an agent. */
export function agentEvent(
  change: GovernanceChange,
  by: ParsedContext | undefined,
  { before, after, now }: { before?: AgentRow | undefined; after?: AgentRow | undefined; now: number },
): AuditEventRow {
  const row = (after ?? before) as AgentRow;
  const { agentId, teamId, orgId, revision } = row;
  const parts =
    before !== undefined && after !== undefined
      ? differences(settingsOf(before), settingsOf(after))
      : { before: before && settingsOf(before), after: after && settingsOf(after) };
  return governanceEvent({ change, at: now, agentId, teamId, orgId, by, subject: { agentId, revision }, ...parts });
}

function settingsOf(row: AgentRow): JsonObject {
  return {
    name: row.name,
    teamId: row.teamId,
    orgId: row.orgId,
    baseEnforcementMode: row.baseEnforcementMode,
    windowMode: row.windowMode,
    windowExpiresAt: isoOf(row.windowExpiresAt),
    credential: row.credential === null ? null : digestValue(row.credential),
    credentialGeneration: row.credentialGeneration,
    metadata: digestValue({ json: JSON.parse(row.metadata) as JsonObject }),
  };
}
