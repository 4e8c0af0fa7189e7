import type { AgentTable, NormalizedAgentFilter, StoredAgent } from "@agent-assembly/storage-core/backend";
import { and, asc, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import type { Breather } from "../driver/breather.js";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { agents } from "../schema/tables.js";

/** The agents' table: reads see the newest commit of any process, changes run one at a time. */
export class SqliteAgentTable implements AgentTable {
  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
    private readonly breather: Breather,
  ) {}

  insert(agent: StoredAgent): Promise<boolean> {
    return this.queue.transaction(
      () => this.writer.insert(agents).values(agent).onConflictDoNothing().run().changes === 1,
    );
  }

  async find(agentId: string): Promise<StoredAgent | undefined> {
    await this.breather.due();
    return find(this.reader, agentId);
  }

  async list(
    filter: NormalizedAgentFilter,
    after: string | undefined,
    limit: number,
    now: number,
  ): Promise<readonly StoredAgent[]> {
    return this.reader
      .select()
      .from(agents)
      .where(and(...conditions(filter, now), after === undefined ? undefined : gt(agents.agentId, after)))
      .orderBy(asc(agents.agentId))
      .limit(limit)
      .all();
  }

  replace(agentId: string, change: (stored: StoredAgent | undefined) => StoredAgent | undefined): Promise<void> {
    return this.queue.transaction(() => {
      const changed = change(find(this.writer, agentId));
      const row = eq(agents.agentId, agentId);
      if (changed === undefined) this.writer.delete(agents).where(row).run();
      else this.writer.update(agents).set(changed).where(row).run();
    });
  }
}

function find(db: SqliteDrizzle, agentId: string): StoredAgent | undefined {
  return db.select().from(agents).where(eq(agents.agentId, agentId)).get();
}

function conditions(filter: NormalizedAgentFilter, now: number): SQL[] {
  const expressions = {
    teamId: agents.teamId,
    orgId: agents.orgId,
    status: sql<string>`${agents.status}`,
    enforcementMode: modeAt(now),
  };
  return filter.map(({ field, values }) => inArray(expressions[field] as SQL<string>, [...values]));
}

/** The mode in force; an expired window reads as the base mode, in filters too. */
function modeAt(now: number): SQL<string> {
  return sql<string>`CASE WHEN ${agents.windowExpiresAt} > ${now} THEN ${agents.windowMode} ELSE ${agents.baseEnforcementMode} END`;
}
