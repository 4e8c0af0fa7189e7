import type { RetentionHistory, RetentionRun } from "@agent-assembly/storage-core";
import { checkRunsLimit, parseRun, retentionErrors, toRetentionRun } from "@agent-assembly/storage-core/backend";
import { desc, eq, sql } from "drizzle-orm";
import { type Db, drizzleOn } from "../driver/drizzle.js";
import type { Pool } from "../driver/pool.js";
import { type Tables, tablesIn } from "../schema/tables.js";

/** The history of retention runs, for `recordRun` and `runs`. */
export class RetentionRuns implements RetentionHistory {
  readonly #runs: Tables["retentionRuns"];

  constructor(private readonly pool: Pool) {
    this.#runs = tablesIn(pool.options.schema).retentionRuns;
  }

  /** One statement: of several callers, one records it, and one records its outcome. */
  async recordRun(run: RetentionRun): Promise<void> {
    const row = parseRun(run);
    const recorded = await this.#run((db) => {
      const insert = db.insert(this.#runs).values(row);
      const upsert =
        row.outcome === "running"
          ? insert.onConflictDoNothing()
          : insert.onConflictDoUpdate({
              target: this.#runs.runId,
              set: row,
              setWhere: sql`${eq(this.#runs.outcome, "running")} AND ${eq(this.#runs.startedAt, row.startedAt)}`,
            });
      return upsert.returning({ runId: this.#runs.runId });
    });
    if (recorded.length === 0) throw retentionErrors.duplicateRun();
  }

  /** Newest first; runs with the same time by `runId`, descending by code point, which is the column's collation. */
  async runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    const limit = checkRunsLimit(options);
    const rows = await this.#run((db) =>
      db.select().from(this.#runs).orderBy(desc(this.#runs.startedAt), desc(this.#runs.runId)).limit(limit),
    );
    return rows.map(toRetentionRun);
  }

  /** Creates the promise here, because drizzle's own promises run the statement for each `await`. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }
}
