import type { JsonValue } from "@agent-assembly/storage-core";
import type { AgentTable, NormalizedAgentFilter, StoredAgent } from "@agent-assembly/storage-core/backend";
import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import { type Db, drizzleOn } from "../driver/drizzle.js";
import { errorCode } from "../driver/errors.js";
import type { Pool } from "../driver/pool.js";
import { type Tables, tablesIn } from "../schema/tables.js";
import { textArray } from "../sql/array-literal.js";

type AgentsTable = Tables["agents"];
type AgentRow = AgentsTable["$inferSelect"];

/**
 * The agents' table. A change holds the agent's row from before it is read until it is committed, so that changes of one
 * agent run one at a time in all processes. Times are the caller's; statements of one shape are prepared where the pool
 * prepares at all.
 */
export class PostgresAgentTable implements AgentTable {
  readonly #agents: AgentsTable;

  constructor(private readonly pool: Pool) {
    this.#agents = tablesIn(pool.options.schema).agents;
  }

  insert(agent: StoredAgent): Promise<boolean> {
    return untilUndisturbed(async () => {
      const inserted = await this.#run((db) =>
        db
          .insert(this.#agents)
          .values(toRow(agent))
          .onConflictDoNothing()
          .returning({ agentId: this.#agents.agentId })
          .prepare("insert_agent")
          .execute(),
      );
      return inserted.length === 1;
    });
  }

  async find(agentId: string): Promise<StoredAgent | undefined> {
    const [row] = await this.#run((db) =>
      db.select().from(this.#agents).where(eq(this.#agents.agentId, agentId)).prepare("find_agent").execute(),
    );
    return row === undefined ? undefined : fromRow(row);
  }

  async list(
    filter: NormalizedAgentFilter,
    after: string | undefined,
    limit: number,
    now: number,
  ): Promise<readonly StoredAgent[]> {
    const { agentId } = this.#agents;
    const rows = await this.#run((db) =>
      db
        .select()
        .from(this.#agents)
        .where(and(...this.#conditions(filter, now), after === undefined ? undefined : gt(agentId, after)))
        .orderBy(asc(agentId))
        .limit(limit),
    );
    return rows.map(fromRow);
  }

  /** Repeated, with the newest record, when the server undid it in favour of another transaction. */
  replace(agentId: string, change: (stored: StoredAgent | undefined) => StoredAgent | undefined): Promise<void> {
    const agents = this.#agents;
    const ofAgent = eq(agents.agentId, agentId);
    return untilUndisturbed(() =>
      this.#run((db) =>
        db.transaction(async (tx) => {
          await limitWaits(tx, this.pool);
          const [row] = await tx.select().from(agents).where(ofAgent).for("update").prepare("lock_agent").execute();
          const changed = change(row === undefined ? undefined : fromRow(row));
          if (changed === undefined) await tx.delete(agents).where(ofAgent).prepare("delete_agent").execute();
          else await tx.update(agents).set(toRow(changed)).where(ofAgent).prepare("update_agent").execute();
        }),
      ),
    );
  }

  /** The promise is made here, because drizzle's own run the statement each time somebody looks at them. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }

  /** Values go as one array: however many there are, the statement takes one parameter for them. */
  #conditions(filter: NormalizedAgentFilter, now: number): SQL[] {
    const { teamId, orgId, status } = this.#agents;
    const expressions = { teamId, orgId, status, enforcementMode: this.#modeAt(now) };
    return filter.map(({ field, values }) => sql`${expressions[field]} = ANY(${textArray(values)}::text[])`);
  }

  /** The mode in force; an expired window reads as the base mode, in filters too. */
  #modeAt(now: number): SQL {
    const { windowExpiresAt, windowMode, baseEnforcementMode } = this.#agents;
    return sql`CASE WHEN ${gt(windowExpiresAt, now)} THEN ${windowMode} ELSE ${baseEnforcementMode} END`;
  }
}

function toRow({ metadata, ...rest }: StoredAgent): AgentsTable["$inferInsert"] {
  return { ...rest, metadata: JSON.parse(metadata) as JsonValue };
}

function fromRow({ metadata, ...rest }: AgentRow): StoredAgent {
  return { ...rest, metadata: JSON.stringify(metadata) };
}

const ATTEMPTS = 5;
/** Serialization failure and deadlock: the server's own word that nothing of the transaction was stored. */
const UNDONE: ReadonlySet<string | undefined> = new Set(["40001", "40P01"]);

/**
 * Repeats a transaction that the server undid in favour of another one. Nothing else is repeated: when the connection is
 * lost, nobody knows whether the transaction was stored, and its repetition might fail because of itself.
 */
export async function untilUndisturbed<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !UNDONE.has(errorCode(error))) throw error;
    }
  }
}

/** A session behind a pooler has no time limits of its own: without these, waiting for a lock would cost all connections. */
async function limitWaits(tx: Pick<Db, "execute">, { options }: Pool): Promise<void> {
  if (!options.prepare) await tx.execute(sql.raw(sqlOfLimits(options)));
}

/** Sets the time limits of the transaction it runs in. */
export function sqlOfLimits(options: Pick<Pool["options"], "statementTimeoutMs" | "lockTimeoutMs">): string {
  const { statementTimeoutMs, lockTimeoutMs } = options;
  return `SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = ${lockTimeoutMs}`;
}
