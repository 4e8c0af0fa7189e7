import {
  type AgentChanges,
  type AgentFilter,
  type AgentPatch,
  type AgentRecord,
  type AgentRegistry,
  agentCursor,
  agentErrors,
  type Clock,
  checkExpectedRevision,
  checkText,
  type ExpectedRevision,
  enforcementPatch,
  type NewAgent,
  type NormalizedAgentFilter,
  normalizeAgentChanges,
  normalizeAgentFilter,
  normalizeAgentPage,
  normalizeNewAgent,
  type Page,
  type PageRequest,
  patchAgent,
  type StoredAgent,
  toAgentRecord,
} from "@agent-assembly/storage-core";
import { and, asc, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { SqliteDrizzle } from "./drizzle.js";
import { agents } from "./schema.js";
import type { WriteQueue } from "./write-queue.js";

/** The registry on SQLite: reads see the newest commit of any process, changes run one at a time. */
export class SqliteAgentRegistry implements AgentRegistry {
  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
    private readonly clock: Clock,
  ) {}

  async register(agent: NewAgent): Promise<AgentRecord> {
    const now = this.clock();
    const stored = normalizeNewAgent(agent, now);
    return this.queue.transaction(() => {
      const { changes } = this.writer.insert(agents).values(stored).onConflictDoNothing().run();
      if (changes === 0) throw agentErrors.exists();
      return toAgentRecord(stored, now);
    });
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    const stored = find(this.reader, checkText("agentId", agentId));
    return stored === undefined ? undefined : toAgentRecord(stored, this.clock());
  }

  async list(filter?: AgentFilter, page?: PageRequest): Promise<Page<AgentRecord>> {
    const wanted = normalizeAgentFilter(filter);
    const { limit, after } = normalizeAgentPage(wanted, page);
    const now = this.clock();
    const found: StoredAgent[] = this.reader
      .select()
      .from(agents)
      .where(and(...conditions(wanted, now), after === undefined ? undefined : gt(agents.agentId, after)))
      .orderBy(asc(agents.agentId))
      .limit(limit + 1)
      .all();
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
    checkText("agentId", agentId);
    const expected = checkExpectedRevision(options);
    return this.queue.transaction(() => {
      const stored = this.#expect(agentId, expected);
      this.writer.delete(agents).where(eq(agents.agentId, agentId)).run();
      return toAgentRecord(stored, this.clock());
    });
  }

  async #change(
    agentId: string,
    expected: number | undefined,
    patchOf: (stored: StoredAgent, now: number) => AgentPatch,
  ): Promise<AgentRecord> {
    checkText("agentId", agentId);
    return this.queue.transaction(() => {
      const stored = this.#expect(agentId, expected);
      const now = this.clock();
      const changed = patchAgent(stored, patchOf(stored, now), now);
      this.writer.update(agents).set(changed).where(eq(agents.agentId, agentId)).run();
      return toAgentRecord(changed, now);
    });
  }

  /** To be called inside a transaction. */
  #expect(agentId: string, expected: number | undefined): StoredAgent {
    const stored = find(this.writer, agentId);
    if (stored === undefined) throw agentErrors.notFound();
    if (expected !== undefined && expected !== stored.revision) throw agentErrors.stale(expected, stored.revision);
    return stored;
  }
}

function find(db: SqliteDrizzle, agentId: string): StoredAgent | undefined {
  return db.select().from(agents).where(eq(agents.agentId, agentId)).get();
}

const COLUMNS = { teamId: agents.teamId, orgId: agents.orgId, status: agents.status } as const;

function conditions(filter: NormalizedAgentFilter, now: number): SQL[] {
  return filter.map(({ field, values }) =>
    field === "enforcementMode"
      ? inArray(modeAt(now), [...values])
      : inArray(COLUMNS[field] as typeof agents.teamId, [...values]),
  );
}

/** The mode in force; an expired window reads as the base mode, in filters too. */
function modeAt(now: number): SQL<string> {
  return sql<string>`CASE WHEN ${agents.windowExpiresAt} > ${now} THEN ${agents.windowMode} ELSE ${agents.baseEnforcementMode} END`;
}
