import type { Command } from "commander";
import type { Lazily } from "../../handler.js";

/** The options that stand in for keys of `storage.retention`. */
function withPolicy(command: Command): Command {
  return command
    .option("--hot-days <days>", "compress from this age on, in place of storage.retention.hot_days")
    .option("--warm-days <days>", "events leave at this age, in place of storage.retention.warm_days")
    .option("--cold-action <action>", "drop or archive, in place of storage.retention.cold_action")
    .option("--archive-url <url>", "file:// or s3://, in place of storage.retention.archive_url");
}

export function addRetentionCommands(retention: Command, run: Lazily): void {
  withPolicy(retention.command("plan").description("what a run would do now, and why; changes nothing"))
    .option("--at <time>", "what a run would do then: ISO 8601, or a time ahead such as +30d", "now")
    .option("--all", "a line for each partition")
    .action(run(async () => (await import("./plan.js")).retentionPlan));
  withPolicy(retention.command("run").description("do what the plan says; Ctrl-C ends it between two steps"))
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "only show the plan (default: storage.retention.dry_run)")
    .option("--no-dry-run", "run even where storage.retention.dry_run is true")
    .action(run(async () => (await import("./run.js")).retentionRun));
  retention
    .command("history")
    .description("past runs, newest first")
    .option("--limit <count>", "how many, 1 to 1000", "20")
    .action(run(async () => (await import("./history.js")).retentionHistory));
  retention
    .command("schedule")
    .description(
      "run by storage.retention.schedule until Ctrl-C or SIGTERM; a changed configuration file is read again",
    )
    .action(run(async () => (await import("./schedule.js")).retentionSchedule));
  const hold = retention.command("hold").description("legal holds: what they cover stays, whatever the rules say");
  hold
    .command("add")
    .description("keep events and metrics from retention")
    .requiredOption("--reason <text>", "why; kept in the record")
    .option("--agent <id>", "only of this agent")
    .option("--team <id>", "only of this team")
    .option("--from <time>", "only from this time on")
    .option("--to <time>", "only before this time")
    .option("--all", "everything; instead of a narrower scope")
    .option("--actor <name>", "who does it (default: the current user)")
    .action(run(async () => (await import("./hold.js")).holdAdd));
  hold
    .command("list")
    .description("holds in force, oldest first")
    .option("--released", "also those that were released")
    .action(run(async () => (await import("./hold.js")).holdList));
  hold
    .command("release")
    .description("end a hold; its record stays")
    .argument("<id>", "hold id")
    .requiredOption("--reason <text>", "why; kept in the record")
    .option("--actor <name>", "who does it (default: the current user)")
    .action(run(async () => (await import("./hold.js")).holdRelease));
}
