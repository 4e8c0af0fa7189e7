import { describeDrift, openSchema, type SchemaAdmin } from "@agent-assembly/storage";
import type { MigrationReport } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { inSettings } from "../../explain-error.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";

interface MigrateOptions {
  readonly plan?: boolean;
  readonly status?: boolean;
  readonly verify?: boolean;
  readonly rebuildCounts?: boolean;
}

export async function migrate(context: Context, options: MigrateOptions): Promise<ExitCode> {
  if ([options.plan, options.status, options.verify, options.rebuildCounts].filter(Boolean).length > 1) {
    throw new UsageError("--plan, --status, --verify and --rebuild-counts cannot be combined; give one of them");
  }
  const loaded = await context.loadConfig();
  try {
    return await answer(context, await openSchema(loaded.config), options);
  } catch (error) {
    throw inSettings(error, loaded);
  }
}

async function answer(context: Context, schema: SchemaAdmin, options: MigrateOptions): Promise<ExitCode> {
  if (options.status === true) return status(context, schema);
  if (options.verify === true) return verify(context, schema);
  if (options.rebuildCounts === true) return rebuildCounts(context, schema);
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
  if (context.json) await context.out.line(formatJson({ version, latest, current, pending }));
  else if (current) await context.out.line(`The schema is at version ${version}, which is current.`);
  else
    await context.out.write(`${behind(version, latest)} to apply:\n${pending.map(({ name }) => item(name)).join("")}`);
  return current ? EXIT.ok : EXIT.problem;
}

/** History first, because a database that is behind differs for that reason alone. */
async function verify(context: Context, schema: SchemaAdmin): Promise<ExitCode> {
  const { state, version, latest, problem } = await schema.status();
  if (problem !== undefined) throw problem;
  const drift = (await schema.verify()).map((one) => describeDrift(one));
  const isAsExpected = state === "current" && drift.length === 0;
  // Tables that are not as expected may not have what counts are checked by.
  const counts = isAsExpected ? await schema.verifyCounts() : [];
  const verified = isAsExpected && counts.length === 0;
  if (context.json) {
    await context.out.line(formatJson({ verified, version, latest, drift, counts }));
  } else if (verified) {
    await context.out.line(`The schema is verified at version ${version}.`);
  } else if (state !== "current") {
    await context.out.line(`${behind(version, latest)}.`);
  } else {
    await context.out.write([...drift, ...counts].map((one) => `${escapeText(one)}\n`).join(""));
    if (counts.length > 0) await context.out.line("Run aasm migrate --rebuild-counts to count the events anew.");
  }
  return verified ? EXIT.ok : EXIT.problem;
}

async function rebuildCounts(context: Context, schema: SchemaAdmin): Promise<ExitCode> {
  const { state, version, latest, problem } = await schema.status();
  if (problem !== undefined) throw problem;
  const current = state === "current";
  if (current) await schema.rebuildCounts();
  if (context.json) await context.out.line(formatJson({ rebuilt: current, version, latest }));
  else if (current) await context.out.line("The counts of audit events are rebuilt.");
  else await context.out.line(`${behind(version, latest)}.`);
  return current ? EXIT.ok : EXIT.problem;
}

/** Tables may be as the latest version has them while TimescaleDB is still to be set up. */
function behind(version: number, latest: number): string {
  const what =
    version === latest
      ? `The schema is at version ${version}, but not set up as configured`
      : `The schema is at version ${version}, and ${latest} is the latest`;
  return `${what}; run aasm migrate`;
}

function describe({ from, to, steps, notes = [] }: MigrationReport, planned: boolean): string {
  const found = notes.map((note) => `Note: ${escapeText(note)}\n`).join("");
  if (steps.length === 0) return `Nothing to do: the schema is at version ${to}.\n${found}`;
  const list = steps.map(({ name, durationMs }) => item(name, planned ? "" : ` (${Math.round(durationMs)} ms)`));
  const title =
    from === to
      ? `${planned ? "Would change" : "Changed"} the set-up of version ${to}`
      : `${planned ? "Would migrate" : "Migrated"} from version ${from} to ${to}`;
  return `${title}:\n${list.join("")}${found}`;
}

function item(text: string, after = ""): string {
  return `  ${escapeText(text)}${after}\n`;
}
