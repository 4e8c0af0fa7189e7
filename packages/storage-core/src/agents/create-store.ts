import { checkText } from "../support/input.js";
import type { Page, PageRequest } from "../support/page.js";
import type { Clock } from "../time/clock.js";
import { agentCursor, type NormalizedAgentFilter, normalizeAgentFilter, normalizeAgentPage } from "./filter.js";
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
} from "./parse.js";
import type { AgentChanges, AgentRecord, NewAgent } from "./record.js";
import type { AgentFilter, AgentRegistry, ExpectedRevision } from "./store.js";

/** What a registry needs from its store. */
export interface AgentTable {
  /** @returns whether it was stored; false when the agentId is taken */
  insert(agent: StoredAgent): Promise<boolean>;
  find(agentId: string): Promise<StoredAgent | undefined>;
  /** By `agentId` in code-point order, behind `after`; modes as of `now`. */
  list(
    filter: NormalizedAgentFilter,
    after: string | undefined,
    limit: number,
    now: number,
  ): Promise<readonly StoredAgent[]>;
  /**
   * Replaces the record by what `change` makes of it (`undefined`: removes it), with nobody else changing it meanwhile.
   * What `change` throws leaves everything as it was.
   * @param change gets `undefined` for an unknown agent
   */
  replace(agentId: string, change: (stored: StoredAgent | undefined) => StoredAgent | undefined): Promise<void>;
}

/** The rules of {@link AgentRegistry}, the same on every backend, over the few operations a backend must bring. */
export class TableAgentRegistry implements AgentRegistry {
  constructor(
    private readonly table: AgentTable,
    private readonly clock: Clock,
  ) {}

  async register(agent: NewAgent): Promise<AgentRecord> {
    const now = this.clock();
    const stored = normalizeNewAgent(agent, now);
    if (!(await this.table.insert(stored))) throw agentErrors.exists();
    return toAgentRecord(stored, now);
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    const stored = await this.table.find(checkText("agentId", agentId));
    return stored === undefined ? undefined : toAgentRecord(stored, this.clock());
  }

  async list(filter?: AgentFilter, page?: PageRequest): Promise<Page<AgentRecord>> {
    const wanted = normalizeAgentFilter(filter);
    const { limit, after } = normalizeAgentPage(wanted, page);
    const now = this.clock();
    const found = await this.table.list(wanted, after, limit + 1, now);
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
    const expected = checkExpectedRevision(options);
    let removed: StoredAgent | undefined;
    await this.table.replace(checkText("agentId", agentId), (stored) => {
      removed = expect(stored, expected);
      return undefined;
    });
    return toAgentRecord(removed as StoredAgent, this.clock());
  }

  async #change(
    agentId: string,
    expected: number | undefined,
    patchOf: (stored: StoredAgent, now: number) => AgentPatch,
  ): Promise<AgentRecord> {
    const now = this.clock();
    let changed: StoredAgent | undefined;
    await this.table.replace(checkText("agentId", agentId), (stored) => {
      const current = expect(stored, expected);
      changed = patchAgent(current, patchOf(current, now), now);
      return changed;
    });
    return toAgentRecord(changed as StoredAgent, now);
  }
}

function expect(stored: StoredAgent | undefined, expected: number | undefined): StoredAgent {
  if (stored === undefined) throw agentErrors.notFound();
  if (expected !== undefined && expected !== stored.revision) throw agentErrors.stale(expected, stored.revision);
  return stored;
}
