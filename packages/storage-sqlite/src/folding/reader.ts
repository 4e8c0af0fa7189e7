import type { CountPlan, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import type { Database } from "better-sqlite3";
import { CountTables } from "../counts/tables.js";
import type { ScanPool } from "../scan/pool.js";
import { type Condition, whereFilter } from "../sql/filter.js";

/** How a question is answered. */
export interface CountAnswer {
  /** The cells and rows to read; `undefined`: all rows that the question is about. */
  readonly plan: CountPlan | undefined;
  /** Events that are not counted yet, which are read with the cells. */
  readonly backlog: number;
}

/** So many events behind the position take a millisecond. */
const SMALL_BACKLOG = 1000;

type Asked = Pick<ParsedAuditFilter, "from" | "to" | "texts">;

/** Decides whether counts answer a question with less work than its rows. */
export class CountReader {
  readonly #tables: CountTables;

  constructor(
    connection: Database,
    private readonly scans: Pick<ScanPool, "rows">,
  ) {
    this.#tables = new CountTables(connection);
  }

  /**
   * @param plan what counts would be read
   * @param asked which rows would be read
   */
  async choose(plan: CountPlan | undefined, asked: Asked): Promise<CountAnswer> {
    const look = this.#tables.look();
    const backlog = look?.backlog ?? 0;
    const none = { plan: undefined, backlog };
    if (plan === undefined || look === undefined || look.folded === 0) return none;
    if (backlog > SMALL_BACKLOG && (await this.#isFew(asked, backlog))) return none;
    return { plan, backlog };
  }

  /** Whether the rows are fewer than the backlog: an index tells, with a look at no more than that. */
  async #isFew({ from, to, texts }: Asked, backlog: number): Promise<boolean> {
    const indexed = texts.filter(({ field }) => field === "agentId");
    const where: Condition = whereFilter({ from, to, texts: indexed, dryRun: undefined, payload: [] });
    const [row] = await this.scans.rows<[number]>({
      sql: `SELECT count(*) FROM (SELECT 1 FROM audit_events AS e ${where.sql} LIMIT ?)`,
      values: [...where.values, backlog],
    });
    return (row?.[0] ?? 0) < backlog;
  }
}
