import { invalidArgument } from "../errors.js";
import { type ParsedContext, parseContext } from "../governance/change.js";
import { checkKeys, checkObject, parseDate, parseInteger, parseOptionalText, parseText } from "../support/input.js";
import { checkJson, MUCH_TOO_LARGE } from "../support/json.js";
import { tooLarge } from "../support/request-limits.js";
import type { AgentChanges, NewAgent } from "./record.js";
import { ENFORCEMENT_MODES } from "./record.js";
import type { AgentRow } from "./row.js";
import type { AgentChangeOptions, ExpectedRevision } from "./store.js";

/** UTF-8 bytes of an agent's metadata as JSON text. */
export const MAX_METADATA_BYTES = 64 * 1024;

/** What one change sets; everything else stays. */
export type AgentPatch = Partial<Omit<AgentRow, "agentId" | "revision" | "registeredAt" | "updatedAt">>;

/** @throws `invalid_argument` */
export function parseNewAgent(agent: NewAgent, now: number): AgentRow {
  checkObject("agent", agent);
  checkKeys("agent", agent, ["agentId", "name", "teamId", "orgId", "enforcementMode", "credential", "metadata"]);
  const credential = parseOptionalText("agent.credential", agent.credential);
  return {
    agentId: parseText("agent.agentId", agent.agentId),
    name: parseOptionalText("agent.name", agent.name),
    teamId: parseOptionalText("agent.teamId", agent.teamId),
    orgId: parseOptionalText("agent.orgId", agent.orgId),
    baseEnforcementMode:
      agent.enforcementMode === undefined
        ? ENFORCEMENT_MODES.enforce
        : parseText("agent.enforcementMode", agent.enforcementMode),
    windowMode: null,
    windowExpiresAt: null,
    credential,
    credentialGeneration: credential === null ? 0 : 1,
    credentialRotatedAt: credential === null ? null : now,
    status: "registered",
    lastSeenAt: null,
    metadata: checkMetadata("agent.metadata", agent.metadata ?? {}),
    revision: 1,
    registeredAt: now,
    updatedAt: now,
  };
}

/** @throws `invalid_argument` */
export function parseAgentChanges(changes: AgentChanges): AgentPatch {
  checkObject("changes", changes);
  checkKeys("changes", changes, ["name", "teamId", "orgId", "metadata"]);
  const patch: { -readonly [K in keyof AgentPatch]: AgentPatch[K] } = {};
  if (changes.name !== undefined) patch.name = parseOptionalText("changes.name", changes.name);
  if (changes.teamId !== undefined) patch.teamId = parseOptionalText("changes.teamId", changes.teamId);
  if (changes.orgId !== undefined) patch.orgId = parseOptionalText("changes.orgId", changes.orgId);
  if (changes.metadata !== undefined) patch.metadata = checkMetadata("changes.metadata", changes.metadata);
  return patch;
}

/** The patch of `setEnforcementMode`. @throws `invalid_argument` */
export function enforcementPatch(mode: string, expiresAt: Date | undefined, now: number): AgentPatch {
  parseText("mode", mode);
  if (expiresAt === undefined) return { baseEnforcementMode: mode, windowMode: null, windowExpiresAt: null };
  const expires = parseDate("expiresAt", expiresAt);
  if (expires <= now)
    throw invalidArgument("expiresAt", "must lie in the future", "Leave it out to set the base mode.");
  return { windowMode: mode, windowExpiresAt: expires };
}

/** @returns the expected revision, or `undefined` for any. @throws `invalid_argument` */
export function parseExpectedRevision(options: ExpectedRevision = {}): number | undefined {
  checkObject("options", options);
  checkKeys("options", options, ["expectedRevision"]);
  return revisionOf(options);
}

/** Checked {@link AgentChangeOptions}. */
export interface ParsedAgentChange {
  /** `undefined`: any. */
  readonly expected: number | undefined;
  readonly by: ParsedContext;
}

/** @param extra other known keys. @throws `invalid_argument` */
export function parseAgentChange(options: AgentChangeOptions = {}, extra: readonly string[] = []): ParsedAgentChange {
  const by = parseContext(options, ["expectedRevision", ...extra]);
  return { by, expected: revisionOf(options) };
}

function revisionOf({ expectedRevision }: ExpectedRevision): number | undefined {
  return expectedRevision === undefined
    ? undefined
    : parseInteger("options.expectedRevision", expectedRevision, 1, Number.MAX_SAFE_INTEGER);
}

/** The stored record after one change. */
export function patchAgent(stored: AgentRow, patch: AgentPatch, now: number): AgentRow {
  return { ...stored, ...patch, revision: stored.revision + 1, updatedAt: Math.max(now, stored.updatedAt) };
}

function checkMetadata(what: string, metadata: unknown): string {
  checkObject(what, metadata);
  const problem = checkJson(metadata, MAX_METADATA_BYTES);
  if (problem === MUCH_TOO_LARGE) {
    throw tooLarge(what, `takes several times the accepted ${MAX_METADATA_BYTES} bytes as JSON`);
  }
  if (problem !== undefined) throw invalidArgument(what, problem);
  const text = JSON.stringify(metadata);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_METADATA_BYTES) {
    throw tooLarge(what, `takes ${bytes} bytes as JSON, more than the accepted ${MAX_METADATA_BYTES}`);
  }
  return text;
}
