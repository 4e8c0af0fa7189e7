import { type BackupAdmin, type BackupProgress, type BackupReport, openBackup } from "@agent-assembly/storage";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { inSettings } from "../../explain-error.js";
import { escapeText } from "../../terminal/escape.js";
import { countText, eventsText, formatBytes, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { Progress } from "../../terminal/progress.js";

export async function backup(context: Context, _: object, file: string): Promise<ExitCode> {
  const target = context.resolvePath(file);
  return copying(context, "backup", (admin, how) => admin.create(target, how), {
    done: "Backed up to",
    next: ["Verified. It needs no other file; keep it on another disk. aasm restore makes a store of it."],
  });
}

interface RestoreOptions {
  readonly withoutWal?: boolean;
}

export async function restore(context: Context, options: RestoreOptions, file: string): Promise<ExitCode> {
  const from = context.resolvePath(file);
  const withoutWal = options.withoutWal === true;
  return copying(context, "restore", (admin, how) => admin.restore(from, { ...how, withoutWal }), {
    done: "Restored to",
    next: [
      ...(withoutWal ? ["Events that were only in its -wal are missing."] : []),
      "Positions that the original gave out are refused here: followers query by time, then start without a position.",
      "Legal holds placed and decisions made since are not in it: see docs/backup.md before retention runs.",
    ],
  });
}

type Copy = (admin: BackupAdmin, how: Parameters<BackupAdmin["create"]>[1]) => Promise<BackupReport>;

async function copying(
  context: Context,
  label: string,
  copy: Copy,
  { done, next }: { readonly done: string; readonly next: readonly string[] },
): Promise<ExitCode> {
  const loaded = await context.loadConfig();
  const progress = new Progress(context.err, context.showProgress, label);
  let report: BackupReport;
  try {
    const onProgress = ({ copiedBytes, totalBytes }: BackupProgress): void => {
      progress.update(copiedBytes, totalBytes, formatBytes(totalBytes)).catch(() => undefined);
    };
    report = await copy(await openBackup(loaded.config), { signal: context.signal, onProgress });
  } catch (error) {
    throw inSettings(error, loaded);
  } finally {
    await progress.finish();
  }
  if (context.json) await context.out.line(formatJson(report));
  else await context.out.write([describe(done, report), ...next].map((line) => `${escapeText(line)}\n`).join(""));
  return EXIT.ok;
}

function describe(done: string, { file, bytes, schemaVersion, rows, newestRecordedAt }: BackupReport): string {
  const { audit_events: events = 0, agent_registry: agents = 0, policy_versions: policies = 0 } = rows;
  const newest = newestRecordedAt === undefined ? "" : `, the newest stored at ${formatTime(newestRecordedAt)}`;
  const others = `${countText(agents, "agent")}, ${countText(policies, "policy version")}`;
  return `${done} ${file}: ${formatBytes(bytes)}, schema version ${schemaVersion}, ${eventsText(events)}${newest}, ${others}.`;
}
