import { checkRun, checkRunsLimit, type RetentionRun, tierErrors } from "@agent-assembly/storage-core";
import { desc } from "drizzle-orm";
import { type Db, drizzleOn } from "./drizzle.js";
import type { Pool } from "./pool.js";
import { type Tables, tablesIn } from "./schema.js";

/** What retention did, for `recordRun` and `runs` of the tier store. */
export class RetentionRuns {
  readonly #runs: Tables["retentionRuns"];

  constructor(private readonly pool: Pool) {
    this.#runs = tablesIn(pool.options.schema).retentionRuns;
  }

  /** @throws `conflict` when the `runId` is taken; `invalid_argument`; what the driver throws */
  async recordRun(run: RetentionRun): Promise<void> {
    const { startedAt, finishedAt, ...rest } = checkRun(run);
    const row = { ...rest, startedAt: startedAt.getTime(), finishedAt: finishedAt.getTime() };
    const inserted = await this.#run((db) =>
      db.insert(this.#runs).values(row).onConflictDoNothing().returning({ runId: this.#runs.runId }),
    );
    if (inserted.length === 0) throw tierErrors.duplicateRun();
  }

  /** Newest first; runs of one instant by `runId`, descending by code point, which is the column's collation. */
  async runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    const limit = checkRunsLimit(options);
    const rows = await this.#run((db) =>
      db.select().from(this.#runs).orderBy(desc(this.#runs.startedAt), desc(this.#runs.runId)).limit(limit),
    );
    return rows.map((row) => ({ ...row, startedAt: new Date(row.startedAt), finishedAt: new Date(row.finishedAt) }));
  }

  /** The promise is made here, because drizzle's own run the statement each time somebody looks at them. */
  #run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.pool.run(async (client) => work(drizzleOn(client)));
  }
}
