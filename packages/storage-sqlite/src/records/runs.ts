import type { RetentionHistory, RetentionRun } from "@agent-assembly/storage-core";
import { checkRunsLimit, parseRun, retentionErrors, toRetentionRun } from "@agent-assembly/storage-core/backend";
import { desc, sql } from "drizzle-orm";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { retentionRuns } from "../schema/tables.js";

/** What retention did and is doing. */
export class SqliteRetentionRuns implements RetentionHistory {
  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
  ) {}

  async recordRun(run: RetentionRun): Promise<void> {
    const row = parseRun(run);
    const running = sql`${retentionRuns.outcome} = 'running' AND ${retentionRuns.startedAt} = ${row.startedAt}`;
    await this.queue.transaction(() => {
      const insert = this.writer.insert(retentionRuns).values(row);
      const { changes } =
        row.outcome === "running"
          ? insert.onConflictDoNothing().run()
          : insert.onConflictDoUpdate({ target: retentionRuns.runId, set: row, setWhere: running }).run();
      if (changes === 0) throw retentionErrors.duplicateRun();
    });
  }

  async runs(options?: { readonly limit?: number | undefined }): Promise<RetentionRun[]> {
    return this.reader
      .select()
      .from(retentionRuns)
      .orderBy(desc(retentionRuns.startedAt), desc(retentionRuns.runId))
      .limit(checkRunsLimit(options))
      .all()
      .map(toRetentionRun);
  }
}
