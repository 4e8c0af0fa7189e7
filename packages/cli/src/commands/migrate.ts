import { describeDrift, openSchema, type SchemaAdmin } from "@agent-assembly/storage";
import type { MigrationReport } from "@agent-assembly/storage-core";
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
  const { config } = await context.loadConfig();
  const schema = await openSchema(config);
  if (options.status === true) return status(context, schema);
  if (options.verify === true) return verify(context, schema);
  const planned = options.plan === true;
  const report = await schema.migrate({ dryRun: planned });
  if (context.json) await context.out.line(formatJson(report));
  else await context.out.write(describe(report, planned));
  return EXIT.ok;
}

async function status(context: Context, schema: SchemaAdmin): Promise<ExitCode> {
  const { state, version, latest, pending, problem } = await schema.status();
  if (problem !== undefined) throw problem;
  const current = state === "current";
  const text = current
    ? `The schema is at version ${version}, which is current.`
    : `The schema is at version ${version}, and ${latest} is the latest; run aasm migrate to apply ${pending.map((step) => step.name).join(", ")}.`;
  await context.out.line(context.json ? formatJson({ version, latest, current, pending }) : escapeText(text));
  return current ? EXIT.ok : EXIT.problem;
}

/** History first, because a database that is behind differs for that reason alone. */
async function verify(context: Context, schema: SchemaAdmin): Promise<ExitCode> {
  const { state, version, latest, problem } = await schema.status();
  if (problem !== undefined) throw problem;
  const drift = (await schema.verify()).map((one) => describeDrift(one));
  const verified = state === "current" && drift.length === 0;
  if (context.json) {
    await context.out.line(formatJson({ verified, version, latest, drift }));
  } else if (verified) {
    await context.out.line(`The schema is verified at version ${version}.`);
  } else if (state !== "current") {
    await context.out.line(`The schema is at version ${version}, and ${latest} is the latest; run aasm migrate.`);
  } else {
    await context.out.write(drift.map((one) => `${escapeText(one)}\n`).join(""));
  }
  return verified ? EXIT.ok : EXIT.problem;
}

function describe(report: MigrationReport, planned: boolean): string {
  if (report.steps.length === 0) return `Nothing to do: the schema is at version ${report.to}.\n`;
  const steps = report.steps.map(
    ({ name, durationMs }) => `  ${escapeText(name)}${planned ? "" : ` (${Math.round(durationMs)} ms)`}\n`,
  );
  return `${planned ? "Would migrate" : "Migrated"} from version ${report.from} to ${report.to}:\n${steps.join("")}`;
}
