import type { JsonValue } from "@agent-assembly/storage-core";
import type { AgentRow, AgentTable, ParsedAgentFilter } from "@agent-assembly/storage-core/backend";
import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import { type Db, drizzleOn } from "../driver/drizzle.js";
import { errorCode } from "../driver/errors.js";
import type { Pool } from "../driver/pool.js";
import { type Tables, tablesIn } from "../schema/tables.js";
import { textArray } from "../sql/array-literal.js";

type AgentsTable = Tables["agents"];
type AgentTableRow = AgentsTable["$inferSelect"];

/**
 * The agents' table. A change locks the agent's row from before it is read until the commit, so that changes of one
 * agent are serialized across processes. The caller provides times. Statements are prepared if the pool allows it.
 */
export class PostgresAgentTable implements AgentTable {
  readonly #agents: AgentsTable;

  constructor(private readonly pool: Pool) {
    this.#agents = tablesIn(pool.options.schema).agents;
  }

  insert(agent: AgentRow): Promise<boolean> {
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

  async find(agentId: string): Promise<AgentRow | undefined> {
    const [row] = await this.#run((db) =>
      db.select().from(this.#agents).where(eq(this.#agents.agentId, agentId)).prepare("find_agent").execute(),
    );
    return row === undefined ? undefined : fromRow(row);
  }

  async list(
    filter: ParsedAgentFilter,
    after: string | undefined,
    limit: number,
    now: number,
  ): Promise<readonly AgentRow[]> {
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

  /** Repeated with the newest record when the server rolls it back in favour of another transaction. */
  replace(agentId: string, change: (stored: AgentRow | undefined) => AgentRow | undefined): Promise<void> {
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

  /** Creates the promise here, because drizzle's own promises run the statement for each `await`. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }

  /** Values are passed as one array, so that the statement has one parameter for any number of values. */
  #conditions(filter: ParsedAgentFilter, now: number): SQL[] {
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

function toRow({ metadata, ...rest }: AgentRow): AgentsTable["$inferInsert"] {
  return { ...rest, metadata: JSON.parse(metadata) as JsonValue };
}

function fromRow({ metadata, ...rest }: AgentTableRow): AgentRow {
  return { ...rest, metadata: JSON.stringify(metadata) };
}

const ATTEMPTS = 5;
/** Serialization failure and deadlock: the server guarantees that nothing of the transaction was stored. */
const UNDONE: ReadonlySet<string | undefined> = new Set(["40001", "40P01"]);

/**
 * Repeats a transaction that the server rolled back in favour of another one. Nothing else is repeated: after a lost
 * connection it is unknown whether the transaction was stored, and a repetition might conflict with it.
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

/**
 * A session behind a pooler has no timeouts of its own: without these, waiting for a lock could use up all connections.
 */
async function limitWaits(tx: Pick<Db, "execute">, { options }: Pool): Promise<void> {
  if (!options.prepare) await tx.execute(sql.raw(sqlOfLimits(options)));
}

/** Sets the timeouts of the current transaction. */
export function sqlOfLimits(options: Pick<Pool["options"], "statementTimeoutMs" | "lockTimeoutMs">): string {
  const { statementTimeoutMs, lockTimeoutMs } = options;
  return `SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = ${lockTimeoutMs}`;
}
