import { type Condition, predicateOf } from "../records/condition.js";
import type { JsonObject } from "../support/json.js";
import type { AgentRecord } from "./record.js";

/** An agent as backends store it: times in milliseconds, absent members `null`, metadata as JSON text. */
export interface AgentRow {
  readonly agentId: string;
  readonly name: string | null;
  readonly teamId: string | null;
  readonly orgId: string | null;
  readonly baseEnforcementMode: string;
  readonly windowMode: string | null;
  readonly windowExpiresAt: number | null;
  readonly credential: string | null;
  readonly credentialGeneration: number;
  readonly credentialRotatedAt: number | null;
  readonly status: AgentRecord["status"];
  readonly lastSeenAt: number | null;
  readonly metadata: string;
  readonly revision: number;
  readonly registeredAt: number;
  readonly updatedAt: number;
}

/** The window has begun with the change that set it. */
function windowOpenAt(now: number): Condition<AgentRow> {
  return { member: "windowExpiresAt", gt: now };
}

function windowClosedAt(now: number): Condition<AgentRow> {
  return {
    or: [
      { member: "windowExpiresAt", isNull: true },
      { member: "windowExpiresAt", lte: now },
    ],
  };
}

/** Whether one of these modes is in force at `now`: an expired window reads as the base mode. */
export function modeInForceIn(modes: readonly string[], now: number): Condition<AgentRow> {
  return {
    or: [
      { and: [windowOpenAt(now), { member: "windowMode", in: modes }] },
      { and: [windowClosedAt(now), { member: "baseEnforcementMode", in: modes }] },
    ],
  };
}

/** The public form of a stored agent as of `now`. */
export function toAgentRecord(stored: AgentRow, now: number): AgentRecord {
  return agentRecordsAt(now)(stored);
}

/** Makes the public form of stored agents as of `now`. */
export function agentRecordsAt(now: number): (stored: AgentRow) => AgentRecord {
  const isWindowOpen = predicateOf(windowOpenAt(now));
  return (stored) => recordOf(stored, isWindowOpen(stored) ? stored.windowMode : null);
}

/** @param windowMode of the window in force; `null` without one */
function recordOf(stored: AgentRow, windowMode: string | null): AgentRecord {
  return {
    agentId: stored.agentId,
    ...(stored.name !== null && { name: stored.name }),
    ...(stored.teamId !== null && { teamId: stored.teamId }),
    ...(stored.orgId !== null && { orgId: stored.orgId }),
    enforcementMode: windowMode ?? stored.baseEnforcementMode,
    baseEnforcementMode: stored.baseEnforcementMode,
    ...(windowMode !== null && {
      enforcementWindow: { mode: windowMode, expiresAt: new Date(stored.windowExpiresAt as number) },
    }),
    ...(stored.credential !== null && {
      identity: {
        credential: stored.credential,
        generation: stored.credentialGeneration,
        rotatedAt: new Date(stored.credentialRotatedAt as number),
      },
    }),
    status: stored.status,
    ...(stored.lastSeenAt !== null && { lastSeenAt: new Date(stored.lastSeenAt) }),
    metadata: JSON.parse(stored.metadata) as JsonObject,
    revision: stored.revision,
    registeredAt: new Date(stored.registeredAt),
    updatedAt: new Date(stored.updatedAt),
  };
}
