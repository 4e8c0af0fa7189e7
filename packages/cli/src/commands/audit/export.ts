import { createHash } from "node:crypto";
import { expandPath } from "@agent-assembly/storage";
import type { AuditEvent, AuditFilter, StorageBackend } from "@agent-assembly/storage-core";
import { parseChoice } from "../../args/choice.js";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { AtomicFile } from "../../export/atomic-file.js";
import { csvHeader, csvLine } from "../../export/csv.js";
import { jsonlLine } from "../../export/event-line.js";
import { formatJson } from "../../io/json.js";
import { Progress } from "../../io/progress.js";
import { formatBytes, formatCount } from "../../render/size.js";

interface ExportOptions extends FilterOptions {
  readonly format: string;
  readonly out?: string;
  readonly recordedAt?: boolean;
}

interface ExportPlan {
  readonly filter: AuditFilter;
  readonly header: string;
  readonly line: (event: AuditEvent) => string;
}

/** Events handed to the output at a time: one write per event would cost more than the event. */
const WRITE_EVERY = 200;

export async function auditExport(context: Context, options: ExportOptions): Promise<ExitCode> {
  const format = parseChoice("--format", options.format, ["jsonl", "csv"] as const);
  if (context.json && options.out === undefined) {
    throw new UsageError(
      "--json reports on an export into a file; add --out FILE, or leave --json out to get the events",
    );
  }
  const recordedAt = options.recordedAt === true;
  const plan: ExportPlan = {
    filter: toFilter(options, context.now()),
    header: format === "csv" ? csvHeader(recordedAt) : "",
    line: (event) => (format === "csv" ? csvLine(event, recordedAt) : jsonlLine(event, recordedAt)),
  };
  return context.withStorage(async (storage) => {
    if (options.out === undefined) {
      await writeEvents(context, storage, plan, (text) => context.out.write(text));
      return EXIT.ok;
    }
    const path = expandPath(options.out);
    const file = await AtomicFile.create(path);
    const hash = createHash("sha256");
    let exported: number;
    try {
      exported = await writeEvents(context, storage, plan, async (text) => {
        hash.update(text);
        await file.write(text);
      });
      await file.commit();
    } catch (error) {
      await file.discard();
      throw error;
    }
    const report = { exported, file: path, bytes: file.bytes, sha256: hash.digest("hex") };
    await context.out.line(
      context.json
        ? formatJson(report)
        : `Exported ${formatCount(exported)} events (${formatBytes(file.bytes)}) to ${path}`,
    );
    return EXIT.ok;
  });
}

async function writeEvents(
  context: Context,
  storage: StorageBackend,
  plan: ExportPlan,
  write: (text: string) => Promise<void>,
): Promise<number> {
  const progress = new Progress(context.err, context.showProgress, "exporting");
  const total = context.showProgress ? await storage.audit.count(plan.filter) : undefined;
  let text = plan.header;
  let pending = 0;
  let exported = 0;
  try {
    for await (const event of storage.audit.stream(plan.filter, { order: "oldest", signal: context.signal })) {
      // A stream ends quietly on abort, which must not pass for a complete export.
      context.signal.throwIfAborted();
      text += plan.line(event);
      exported++;
      if (++pending < WRITE_EVERY) continue;
      await write(text);
      text = "";
      pending = 0;
      await progress.update(exported, total, `${formatCount(exported)} events`);
    }
    context.signal.throwIfAborted();
    if (text !== "") await write(text);
    return exported;
  } finally {
    await progress.finish();
  }
}
