import { checkText } from "../support/input.js";
import type { Page, PageRequest } from "../support/page.js";
import type { Clock } from "../time/clock.js";
import { agentCursor, type ParsedAgentFilter, parseAgentFilter, parseAgentPage } from "./filter.js";
import {
  type AgentPatch,
  type AgentRow,
  agentErrors,
  checkExpectedRevision,
  enforcementPatch,
  parseAgentChanges,
  parseNewAgent,
  patchAgent,
  toAgentRecord,
} from "./parse.js";
import type { AgentChanges, AgentRecord, NewAgent } from "./record.js";
import type { AgentFilter, AgentRegistry, ExpectedRevision } from "./store.js";

/** The operations that a backend provides for its agent registry. */
export interface AgentTable {
  /** @returns whether it was stored; false when the `agentId` is already in use */
  insert(agent: AgentRow): Promise<boolean>;
  find(agentId: string): Promise<AgentRow | undefined>;
  /** Ordered by `agentId` in code-point order, starting after `after`; modes as of `now`. */
  list(filter: ParsedAgentFilter, after: string | undefined, limit: number, now: number): Promise<readonly AgentRow[]>;
  /**
   * Atomically replaces the record with the result of `change`; `undefined` removes it. If `change` throws, nothing
   * changes.
   * @param change receives `undefined` for an unknown agent
   */
  replace(agentId: string, change: (stored: AgentRow | undefined) => AgentRow | undefined): Promise<void>;
}

/**
 * Implements the rules of {@link AgentRegistry} once for all backends, on top of the few operations that a backend
 * provides.
 */
export class TableAgentRegistry implements AgentRegistry {
  constructor(
    private readonly table: AgentTable,
    private readonly clock: Clock,
  ) {}

  async register(agent: NewAgent): Promise<AgentRecord> {
    const now = this.clock();
    const stored = parseNewAgent(agent, now);
    if (!(await this.table.insert(stored))) throw agentErrors.exists();
    return toAgentRecord(stored, now);
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    const stored = await this.table.find(checkText("agentId", agentId));
    return stored === undefined ? undefined : toAgentRecord(stored, this.clock());
  }

  async list(filter?: AgentFilter, page?: PageRequest): Promise<Page<AgentRecord>> {
    const wanted = parseAgentFilter(filter);
    const { limit, after } = parseAgentPage(wanted, page);
    const now = this.clock();
    const found = await this.table.list(wanted, after, limit + 1, now);
    const items = found.slice(0, limit).map((agent) => toAgentRecord(agent, now));
    const last = items.at(-1);
    return found.length <= limit || last === undefined ? { items } : { items, next: agentCursor(wanted, last.agentId) };
  }

  async update(agentId: string, changes: AgentChanges, options?: ExpectedRevision): Promise<AgentRecord> {
    const patch = parseAgentChanges(changes);
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
    let removed: AgentRow | undefined;
    await this.table.replace(checkText("agentId", agentId), (stored) => {
      removed = expect(stored, expected);
      return undefined;
    });
    return toAgentRecord(removed as AgentRow, this.clock());
  }

  async #change(
    agentId: string,
    expected: number | undefined,
    patchOf: (stored: AgentRow, now: number) => AgentPatch,
  ): Promise<AgentRecord> {
    const now = this.clock();
    let changed: AgentRow | undefined;
    await this.table.replace(checkText("agentId", agentId), (stored) => {
      const current = expect(stored, expected);
      changed = patchAgent(current, patchOf(current, now), now);
      return changed;
    });
    return toAgentRecord(changed as AgentRow, now);
  }
}

function expect(stored: AgentRow | undefined, expected: number | undefined): AgentRow {
  if (stored === undefined) throw agentErrors.notFound();
  if (expected !== undefined && expected !== stored.revision) throw agentErrors.stale(expected, stored.revision);
  return stored;
}
