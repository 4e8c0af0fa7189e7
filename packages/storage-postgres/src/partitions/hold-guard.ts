import { partitionErrors } from "@agent-assembly/storage-core/backend";
import type { AnySql, TransactionSql } from "../driver/pool.js";
import { textArray } from "../sql/array-literal.js";
import { Bindings, type Conditions } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { toTimestamp } from "../sql/timestamps.js";
import { all, anyOf, type Part } from "./slice-sql.js";

interface Hold {
  readonly id: string;
  readonly agentId: string | null;
  readonly teamId: string | null;
  /** As the server writes times. */
  readonly from: string | null;
  readonly to: string | null;
}

/** A table that contains the slice, and the conditions that select its rows. */
export interface Target {
  /** Quoted, with its schema. */
  readonly table: string;
  readonly conditions: Conditions;
}

/**
 * Keeps a drop from deleting rows under a legal hold. Existing holds are checked when the rows are counted. Each later
 * step locks the holds until its transaction ends, and checks the new ones.
 */
export class HoldGuard {
  readonly #table: string;
  readonly #lock: string;
  #known: readonly Hold[] = [];

  constructor(
    schema: string,
    private readonly part: Pick<Part, "from" | "to">,
  ) {
    this.#table = `${quoteIdentifier(schema)}.legal_holds`;
    this.#lock = `${quoteIdentifier(schema)}.lock_legal_holds`;
  }

  /** Records the holds in force, which the caller then counts by {@link held}. */
  async note(sql: AnySql): Promise<void> {
    this.#known = await this.#inForce(sql);
  }

  /** Whether a row is under one of the recorded holds. */
  get held(): Conditions {
    return (bindings) => [heldBy(this.#known, bindings)];
  }

  /**
   * Call in the deleting transaction, after it has locked the rows' table. No hold is placed until it ends.
   * @returns the error when holds placed since the last check cover rows of the target
   */
  async lock(sql: TransactionSql, target: Target): Promise<{ readonly placed: boolean }> {
    await sql.unsafe(`SELECT ${this.#lock}()`);
    const inForce = await this.#inForce(sql);
    const known = new Set(this.#known.map(({ id }) => id));
    const fresh = inForce.filter(({ id }) => !known.has(id));
    if (fresh.length > 0 && (await countHeld(sql, target, fresh)).rows > 0) return { placed: true };
    this.#known = inForce;
    return { placed: false };
  }

  /** The error for a target under a hold. */
  async refusal(sql: AnySql, target: Target, rows: number): Promise<Error> {
    const held = await countHeld(sql, target, await this.#inForce(sql));
    return partitionErrors.held(held.holds, held.rows, rows);
  }

  #inForce(sql: AnySql): Promise<Hold[]> {
    return sql.unsafe<Hold[]>(
      `SELECT hold_id AS id, agent_id AS "agentId", team_id AS "teamId", from_ts AS from, to_ts AS to FROM ${this.#table}
       WHERE released_at IS NULL AND (from_ts IS NULL OR from_ts < $2::timestamptz)
         AND (to_ts IS NULL OR to_ts > $1::timestamptz)`,
      [toTimestamp(this.part.from), toTimestamp(this.part.to)],
    );
  }
}

async function countHeld(
  sql: AnySql,
  { table, conditions }: Target,
  holds: readonly Hold[],
): Promise<{ readonly holds: number; readonly rows: number }> {
  if (holds.length === 0) return { holds: 0, rows: 0 };
  const bindings = new Bindings();
  const held = heldBy(holds, bindings);
  const covering = holds.map((hold) => `bool_or(${covers(hold, bindings)})`).join(", ");
  const [row] = await sql.unsafe<{ holds: number; rows: number }[]>(
    `SELECT (SELECT count(*) FROM unnest(covering) AS covers WHERE covers)::int AS holds, rows
     FROM (SELECT ARRAY[${covering}] AS covering, count(*)::float8 AS rows
       FROM ${table} AS e WHERE ${all([...conditions(bindings), held])}) AS counted`,
    bindings.values,
  );
  return row ?? { holds: 0, rows: 0 };
}

/** Holds on only an agent, or only a team, are one comparison, however many there are. */
function heldBy(holds: readonly Hold[], bindings: Bindings): string {
  const open = ({ from, to }: Hold): boolean => from === null && to === null;
  const agents = holds.filter((hold) => open(hold) && hold.agentId !== null && hold.teamId === null);
  const teams = holds.filter((hold) => open(hold) && hold.teamId !== null && hold.agentId === null);
  const others = holds.filter((hold) => !agents.includes(hold) && !teams.includes(hold));
  const oneOf = (column: string, values: readonly (string | null)[]): string[] =>
    values.length === 0 ? [] : [`${column} = ANY (${bindings.bind(textArray(values), "text[]")})`];
  return anyOf([
    ...oneOf(
      "e.agent_id",
      agents.map(({ agentId }) => agentId),
    ),
    ...oneOf(
      "e.team_id",
      teams.map(({ teamId }) => teamId),
    ),
    ...others.map((hold) => covers(hold, bindings)),
  ]);
}

function covers({ agentId, teamId, from, to }: Hold, bindings: Bindings): string {
  return all([
    ...(agentId === null ? [] : [`e.agent_id = ${bindings.bind(agentId, "text")}`]),
    ...(teamId === null ? [] : [`e.team_id = ${bindings.bind(teamId, "text")}`]),
    ...(from === null ? [] : [`e.ts >= ${bindings.bind(from, "timestamptz")}`]),
    ...(to === null ? [] : [`e.ts < ${bindings.bind(to, "timestamptz")}`]),
  ]);
}
