import { isStorageError, type MigrationReport, type StorageBackend } from "@agent-assembly/storage-core";
import type { Context } from "../context.js";
import { EXIT, type ExitCode, UsageError } from "../exit.js";
import { escapeText } from "../io/escape.js";
import { formatJson } from "../io/json.js";

interface MigrateOptions {
  readonly plan?: boolean;
  readonly status?: boolean;
  readonly verify?: boolean;
}

export async function migrate(context: Context, options: MigrateOptions): Promise<ExitCode> {
  if ([options.plan, options.status, options.verify].filter(Boolean).length > 1) {
    throw new UsageError("--plan, --status and --verify are different questions; give one of them");
  }
  if (options.verify === true) return verify(context);
  if (options.status === true) return context.withStorage((storage) => status(context, storage), { migrate: "off" });
  if (options.plan === true) return context.withStorage((storage) => apply(context, storage, true), { migrate: "off" });
  try {
    return await context.withStorage((storage) => apply(context, storage, false), { migrate: "off", create: true });
  } catch (error) {
    if (!isStorageError(error, "not_found")) throw error;
    // A SQLite file that is not there yet cannot be opened without its schema: creating it applies everything.
    return context.withStorage((storage) => created(context, storage), { migrate: "auto", create: true });
  }
}

async function apply(context: Context, storage: StorageBackend, planned: boolean): Promise<ExitCode> {
  const report = await storage.migrate(planned ? { dryRun: true } : {});
  if (context.json) await context.out.line(formatJson(report));
  else await context.out.write(describe(report, planned));
  return EXIT.ok;
}

async function created(context: Context, storage: StorageBackend): Promise<ExitCode> {
  const { to, steps } = await storage.migrate();
  if (context.json) await context.out.line(formatJson({ from: 0, to, steps, created: true }));
  else await context.out.line(`Created a database at schema version ${to}.`);
  return EXIT.ok;
}

async function status(context: Context, storage: StorageBackend): Promise<ExitCode> {
  const { from: version, to: latest, steps: pending } = await storage.migrate({ dryRun: true });
  const current = pending.length === 0;
  await context.out.line(
    context.json
      ? formatJson({ version, latest, current, pending })
      : current
        ? `The schema is at version ${version}, which is current.`
        : `The schema is at version ${version}; version ${latest} needs ${pending.length} more: run aasm migrate.`,
  );
  return current ? EXIT.ok : EXIT.problem;
}

/** Opening in check mode is the verification: it compares versions, history and checksums. */
async function verify(context: Context): Promise<ExitCode> {
  return context.withStorage(
    async (storage) => {
      const { schemaVersion } = await storage.health();
      const version = schemaVersion ?? null;
      await context.out.line(
        context.json
          ? formatJson({ verified: true, version })
          : `The schema is verified${version === null ? "" : ` at version ${version}`}.`,
      );
      return EXIT.ok;
    },
    { migrate: "check" },
  );
}

function describe(report: MigrationReport, planned: boolean): string {
  if (report.steps.length === 0) return `Nothing to do: the schema is at version ${report.to}.\n`;
  const steps = report.steps.map(
    ({ version, name, durationMs }) =>
      `  ${String(version).padStart(4, "0")} ${escapeText(name)}${planned ? "" : ` (${Math.round(durationMs)} ms)`}\n`,
  );
  return `${planned ? "Would migrate" : "Migrated"} from version ${report.from} to ${report.to}:\n${steps.join("")}`;
}
