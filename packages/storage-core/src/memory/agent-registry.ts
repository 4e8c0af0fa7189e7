import { agentCursor, matchesAgentFilter, normalizeAgentFilter, normalizeAgentPage } from "../agents/filter.js";
import {
  type AgentPatch,
  agentErrors,
  checkExpectedRevision,
  enforcementPatch,
  normalizeAgentChanges,
  normalizeNewAgent,
  patchAgent,
  type StoredAgent,
  toAgentRecord,
} from "../agents/normalize.js";
import type { AgentChanges, AgentRecord, NewAgent } from "../agents/record.js";
import type { AgentFilter, AgentRegistry, ExpectedRevision } from "../agents/store.js";
import { checkText } from "../input.js";
import type { JsonObject } from "../json.js";
import type { Page, PageRequest } from "../page.js";
import { compareText } from "../text.js";
import type { Clock } from "../time/clock.js";

export class MemoryAgentRegistry implements AgentRegistry {
  readonly #agents = new Map<string, StoredAgent>();

  constructor(private readonly clock: Clock) {}

  metadataOf(agentId: string): JsonObject | undefined {
    const stored = this.#agents.get(agentId);
    return stored === undefined ? undefined : (JSON.parse(stored.metadata) as JsonObject);
  }

  async register(agent: NewAgent): Promise<AgentRecord> {
    const now = this.clock();
    const stored = normalizeNewAgent(agent, now);
    if (this.#agents.has(stored.agentId)) throw agentErrors.exists();
    this.#agents.set(stored.agentId, stored);
    return toAgentRecord(stored, now);
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    const stored = this.#agents.get(checkText("agentId", agentId));
    return stored === undefined ? undefined : toAgentRecord(stored, this.clock());
  }

  async list(filter?: AgentFilter, page?: PageRequest): Promise<Page<AgentRecord>> {
    const wanted = normalizeAgentFilter(filter);
    const { limit, after } = normalizeAgentPage(wanted, page);
    const now = this.clock();
    const found = [...this.#agents.values()]
      .filter((agent) => after === undefined || compareText(agent.agentId, after) > 0)
      .filter((agent) => matchesAgentFilter(wanted, agent, now))
      .sort((a, b) => compareText(a.agentId, b.agentId));
    const items = found.slice(0, limit).map((agent) => toAgentRecord(agent, now));
    const last = items.at(-1);
    return found.length <= limit || last === undefined ? { items } : { items, next: agentCursor(wanted, last.agentId) };
  }

  async update(agentId: string, changes: AgentChanges, options?: ExpectedRevision): Promise<AgentRecord> {
    const patch = normalizeAgentChanges(changes);
    return this.#change(agentId, checkExpectedRevision(options), () => patch);
  }

  async setEnforcementMode(
    agentId: string,
    mode: string,
    options: ExpectedRevision & { readonly expiresAt?: Date | undefined } = {},
  ): Promise<AgentRecord> {
    const expected = checkExpectedRevision(options, ["expiresAt"]);
    const patch = enforcementPatch(mode, options.expiresAt, this.clock());
    return this.#change(agentId, expected, () => patch);
  }

  async rotateIdentity(agentId: string, credential: string, options?: ExpectedRevision): Promise<AgentRecord> {
    checkText("credential", credential);
    return this.#change(agentId, checkExpectedRevision(options), (stored, now) => ({
      credential,
      credentialGeneration: stored.credentialGeneration + 1,
      credentialRotatedAt: now,
    }));
  }

  async heartbeat(agentId: string): Promise<AgentRecord> {
    return this.#change(agentId, undefined, (_, now) => ({ status: "online", lastSeenAt: now }));
  }

  async markOffline(agentId: string, options?: ExpectedRevision): Promise<AgentRecord> {
    return this.#change(agentId, checkExpectedRevision(options), () => ({ status: "offline" }));
  }

  async remove(agentId: string, options?: ExpectedRevision): Promise<AgentRecord> {
    const stored = this.#expect(agentId, checkExpectedRevision(options));
    this.#agents.delete(agentId);
    return toAgentRecord(stored, this.clock());
  }

  #expect(agentId: string, expected: number | undefined): StoredAgent {
    const stored = this.#agents.get(checkText("agentId", agentId));
    if (stored === undefined) throw agentErrors.notFound();
    if (expected !== undefined && expected !== stored.revision) throw agentErrors.stale(expected, stored.revision);
    return stored;
  }

  #change(
    agentId: string,
    expected: number | undefined,
    patchOf: (stored: StoredAgent, now: number) => AgentPatch,
  ): AgentRecord {
    const stored = this.#expect(agentId, expected);
    const now = this.clock();
    const changed = patchAgent(stored, patchOf(stored, now), now);
    this.#agents.set(agentId, changed);
    return toAgentRecord(changed, now);
  }
}
