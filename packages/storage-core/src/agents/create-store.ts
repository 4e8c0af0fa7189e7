import { type GovernanceChange, parseContext } from "../governance/change.js";
import type { KeyedTable } from "../records/keyed-table.js";
import { parseText } from "../support/input.js";
import type { TokenKeys } from "../tokens/keys.js";
import { agentErrors } from "./errors.js";
import { agentCursor, parseAgentFilter, parseAgentPage, whereAgents } from "./filter.js";
import {
  type AgentPatch,
  enforcementPatch,
  type ParsedAgentChange,
  parseAgentChange,
  parseAgentChanges,
  parseExpectedRevision,
  parseNewAgent,
  patchAgent,
} from "./parse.js";
import type { AgentRecord } from "./record.js";
import { agentEvent, recordAgent } from "./recorded.js";
import { type AgentRow, agentRecordsAt, toAgentRecord } from "./row.js";
import type { AgentRegistry } from "./store.js";

/**
 * Implements the rules of {@link AgentRegistry} on a backend's table.
 * @param tokenKeys sign the cursors of lists; default none
 */
export function createAgentRegistry(table: KeyedTable<AgentRow>, tokenKeys?: TokenKeys | undefined): AgentRegistry {
  /** @param recordedAs absent for what is not recorded */
  async function change(
    agentId: string,
    { expected, by }: Partial<ParsedAgentChange>,
    patchOf: (stored: AgentRow, now: number) => AgentPatch,
    recordedAs?: GovernanceChange,
  ): Promise<AgentRecord> {
    let at = 0;
    const changed = await table.replace(
      parseText("agentId", agentId),
      (stored, now) => {
        const current = expect(stored, expected);
        at = now;
        return patchAgent(current, patchOf(current, now), now);
      },
      recordedAs && recordAgent(recordedAs, by),
    );
    return toAgentRecord(changed as AgentRow, at);
  }

  return {
    async register(agent, options) {
      const by = parseContext(options);
      const now = await table.now();
      const stored = parseNewAgent(agent, now);
      if (!(await table.insert(stored, agentEvent("agent.registered", by, { after: stored, now }))))
        throw agentErrors.exists();
      return toAgentRecord(stored, now);
    },

    async get(agentId) {
      const stored = await table.find(parseText("agentId", agentId));
      return stored === undefined ? undefined : toAgentRecord(stored, await table.now());
    },

    async list(filter, page) {
      const wanted = parseAgentFilter(filter);
      const { limit, after } = parseAgentPage(wanted, page, tokenKeys);
      const now = await table.now();
      const found = await table.list({
        where: whereAgents(wanted, now),
        order: { by: ["agentId"] },
        after: after === undefined ? undefined : [after],
        limit: limit + 1,
      });
      const items = found.slice(0, limit).map(agentRecordsAt(now));
      const last = items.at(-1);
      if (found.length <= limit || last === undefined) return { items };
      return { items, next: agentCursor(wanted, last.agentId, tokenKeys) };
    },

    async update(agentId, changes, options) {
      const patch = parseAgentChanges(changes);
      return change(agentId, parseAgentChange(options), () => patch, "agent.updated");
    },

    async setEnforcementMode(agentId, mode, options = {}) {
      const asked = parseAgentChange(options, ["expiresAt"]);
      const patch = enforcementPatch(mode, options.expiresAt, await table.now());
      return change(agentId, asked, () => patch, "agent.mode_changed");
    },

    async rotateIdentity(agentId, credential, options) {
      parseText("credential", credential);
      return change(
        agentId,
        parseAgentChange(options),
        (stored, now) => ({
          credential,
          credentialGeneration: stored.credentialGeneration + 1,
          credentialRotatedAt: now,
        }),
        "agent.credential_rotated",
      );
    },

    async heartbeat(agentId) {
      return change(agentId, {}, (_, now) => ({ status: "online", lastSeenAt: now }));
    },

    async markOffline(agentId, options) {
      return change(agentId, { expected: parseExpectedRevision(options) }, () => ({ status: "offline" }));
    },

    async remove(agentId, options) {
      const { expected, by } = parseAgentChange(options);
      let removed: AgentRecord | undefined;
      await table.replace(
        parseText("agentId", agentId),
        (stored, now) => {
          removed = toAgentRecord(expect(stored, expected), now);
          return undefined;
        },
        recordAgent("agent.removed", by),
      );
      return removed as AgentRecord;
    },
  };
}

function expect(stored: AgentRow | undefined, expected: number | undefined): AgentRow {
  if (stored === undefined) throw agentErrors.notFound();
  if (expected !== undefined && expected !== stored.revision) throw agentErrors.stale(expected, stored.revision);
  return stored;
}
