import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import type { PlanItem, RetentionPlan } from "../plan/plan.js";
import { archiveItem, type ItemContext } from "./archive-item.js";
import type { Archives } from "./archives.js";
import { dropRows } from "./drop-rows.js";
import type { DropStatements } from "./drop-statements.js";
import { finishArchive } from "./finish-archives.js";
import type { OnProgress } from "./progress.js";
import type { RunFailure } from "./report.js";

/** The progress of a run. */
export class Tally {
  rows = 0;
  bytes = 0;
  archivedRows = 0;
  compressedPartitions = 0;
  readonly failures: RunFailure[] = [];
}

export interface RunContext {
  readonly storage: ItemContext["storage"];
  readonly archives: Archives;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly tally: Tally;
  readonly statements: DropStatements;
}

/** Finishes archives of earlier runs. @returns whether all were finished */
export async function finishArchives(plan: RetentionPlan, context: RunContext): Promise<boolean> {
  const { storage, archives, signal, onProgress, tally, statements } = context;
  let all = true;
  for (const record of plan.unfinished) {
    signal.throwIfAborted();
    try {
      const archive = await archives.at(record.url);
      const rows = await finishArchive(record, archive, {
        storage,
        signal,
        onProgress,
        onRows: () => undefined,
        keepCounts: plan.policy.audit.keepCounts,
        statements,
      });
      tally.rows += rows;
      tally.archivedRows += rows;
    } catch (error) {
      signal.throwIfAborted();
      tally.failures.push({ error: asStorageError(error) });
      all = false;
    }
  }
  return all;
}

/** Executes the items of a plan. A failed item leaves its rows in place; the others continue. */
export async function runItems(plan: RetentionPlan, context: RunContext): Promise<void> {
  // While a destination is unavailable, there is no point in trying it for every partition.
  let archiving = true;
  for (const item of plan.items) {
    context.signal.throwIfAborted();
    if (item.action === "archive" && !archiving) continue;
    context.onProgress({ kind: "started", item });
    try {
      await runItem(plan, item, context);
      context.onProgress({ kind: "done", item });
    } catch (error) {
      context.signal.throwIfAborted();
      const known = asStorageError(error);
      context.tally.failures.push({ item, error: known });
      context.onProgress({ kind: "failed", item, error: known });
      if (item.action === "archive" && known.code !== "conflict") archiving = false;
    }
  }
}

async function runItem(plan: RetentionPlan, item: PlanItem, context: RunContext): Promise<void> {
  const { storage, archives, signal, onProgress, tally, statements } = context;
  if (item.action === "compress") {
    await storage.partitions.compress(item.partition);
    tally.compressedPartitions++;
    return;
  }
  let removed = 0;
  const part: ItemContext = {
    storage,
    signal,
    onProgress,
    keepCounts: plan.policy.audit.keepCounts,
    statements,
    onRows: (rows) => {
      removed = rows;
      onProgress({ kind: "rows", item, phase: "dropping", rows });
    },
  };
  try {
    if (item.action === "archive") await archiveItem(await archives.at(plan.policy.archiveUrl as string), item, part);
    else await dropRows(storage.partitions, item, part);
  } finally {
    tally.rows += removed;
    tally.bytes += item.rows === 0 ? 0 : Math.round((item.bytes * removed) / item.rows);
    if (item.action === "archive") tally.archivedRows += removed;
  }
}

export function asStorageError(error: unknown): StorageError {
  if (isStorageError(error)) return error;
  return new StorageError({
    code: "retention_failed",
    message: (error as Error)?.message ?? String(error),
    cause: error,
  });
}
