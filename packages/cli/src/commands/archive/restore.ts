import { type Archive, type CheckedEventsOptions, type RestoreResult, restoreArchive } from "@agent-assembly/retention";
import type { AuditFilter, HoldScope, LegalHold, StorageBackend } from "@agent-assembly/storage-core";
import { type FilterOptions, toFilter } from "../../args/filter.js";
import { toRange } from "../../args/time.js";
import { actorName, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { eventsText } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { Progress } from "../../terminal/progress.js";
import { type ArchiveOptions, measureArchive, withArchive } from "./access.js";
import { renderRestore } from "./view.js";
import { restoreEvidence } from "../retention/drop-evidence.js";

interface RestoreCommandOptions extends ArchiveOptions, Omit<FilterOptions, "dryRun"> {
  readonly id?: string;
  readonly dryRun?: boolean;
  readonly hold?: string;
  readonly actor?: string;
}

type Wanted = Pick<CheckedEventsOptions, "filter" | "archiveId"> & { readonly filter: AuditFilter };

export async function archiveRestore(context: Context, options: RestoreCommandOptions): Promise<ExitCode> {
  const { dryRun = false, ...filters } = options;
  const range = toRange(options, context.now());
  const wanted = { filter: toFilter(filters, context.now()), archiveId: options.id };
  const reason = options.hold === undefined ? undefined : parseText("--hold", options.hold, "why the events are kept");
  if (reason === undefined && options.actor !== undefined) {
    throw new UsageError("--actor says who places a hold; add --hold REASON");
  }
  return withArchive(context, options, async (archive) => {
    const found = await measureArchive(archive, { ...range, archiveId: options.id });
    if (dryRun) return count(context, archive, wanted, found.rows);
    return context.withStorage(
      async (storage) => {
        const scope = found.rows === 0 ? undefined : holdScope(wanted.filter, { ...found, ...range });
        // Before anything is put back: a run that begins meanwhile must not take it.
        const hold =
          reason === undefined || scope === undefined
            ? undefined
            : await storage.holds.place({ ...scope, reason, actor: actorName(options.actor) });
        const result = await restore(context, archive, storage, wanted, found.rows);
        await report(context, archive, result, hold);
        return result.conflicts === 0 ? EXIT.ok : EXIT.problem;
      },
      { create: true },
    );
  });
}

/** As narrow as a hold can be that covers all that is restored; `undefined` when nothing is. */
function holdScope(filter: AuditFilter, { from, to }: { from?: Date; to?: Date }): HoldScope | undefined {
  if (from === undefined || to === undefined) return undefined;
  const [agentId, teamId] = [only(filter.agentId), only(filter.teamId)];
  return { from, to, ...(agentId !== undefined && { agentId }), ...(teamId !== undefined && { teamId }) };
}

function only(values: string | readonly string[] | undefined): string | undefined {
  if (typeof values === "string") return values;
  return values?.length === 1 ? values[0] : undefined;
}

async function count(context: Context, archive: Archive, wanted: Wanted, total: number): Promise<ExitCode> {
  const progress = new Progress(context.err, context.showProgress, "checking");
  let events = 0;
  try {
    for await (const _ of archive.checkedEvents({ ...wanted, signal: context.signal })) {
      if (++events % 1000 === 0) await progress.update(events, total, eventsText(events));
    }
  } finally {
    await progress.finish();
  }
  context.signal.throwIfAborted();
  await context.out.line(
    context.json
      ? formatJson({ url: archive.url, dryRun: true, events })
      : `Would restore ${eventsText(events)} from ${archive.url}, but for those that are stored already.`,
  );
  return EXIT.ok;
}

async function restore(
  context: Context,
  archive: Archive,
  storage: StorageBackend,
  wanted: Wanted,
  total: number,
): Promise<RestoreResult> {
  const progress = new Progress(context.err, context.showProgress, "restoring");
  try {
    return await restoreArchive(archive, storage, {
      ...wanted,
      signal: context.signal,
      evidence: restoreEvidence(storage),
      onProgress: ({ inserted, duplicates, conflicts }) => {
        const done = inserted + duplicates + conflicts;
        // A terminal that went away must not end a restore.
        progress.update(done, total, eventsText(done)).catch(() => undefined);
      },
    });
  } finally {
    await progress.finish();
  }
}

async function report(
  context: Context,
  { url }: Archive,
  result: RestoreResult,
  hold: LegalHold | undefined,
): Promise<void> {
  if (context.json) await context.out.line(formatJson({ url, ...result, ...(hold !== undefined && { hold }) }));
  else await context.out.write(renderRestore(url, result, hold, context.style));
}
