import type { Command } from "commander";
import { withFilter, withScope } from "../../args/options.js";
import type { Lazily } from "../../handler.js";

function withUrl(command: Command): Command {
  return command.option("--archive-url <url>", "file:// or s3:// (default: storage.retention.archive_url)");
}

function withRange(command: Command): Command {
  return withUrl(command)
    .option("--from <time>", "what holds events from this time on")
    .option("--to <time>", "what holds events before this time");
}

export function addArchiveCommands(archive: Command, run: Lazily): void {
  withRange(archive.command("list").description("what the archive holds, oldest first")).action(
    run(async () => (await import("./list.js")).archiveList),
  );
  withRange(archive.command("verify").description("check every file against its digest; exit 1 when one is damaged"))
    .option("--id <id>", "only what was archived under this id")
    .action(run(async () => (await import("./verify.js")).archiveVerify));
  withUrl(withScope(archive.command("restore").description("put events back into the configured store")))
    .option("--id <id>", "only what was archived under this id")
    .option("--dry-run", "check the files and count what would be put back")
    .option("--hold <reason>", "place a legal hold on the range, so that retention does not take it again")
    .option("--actor <name>", "who places the hold (default: the current user)")
    .addHelpText("after", restoreHelp)
    .action(run(async () => (await import("./restore.js")).archiveRestore));
  withUrl(withFilter(archive.command("query").description("archived events that match, without the database")))
    .option("--limit <count>", "at most so many events (default: 50, and all of them as jsonl or csv)")
    .option("--order <order>", "newest or oldest (default: newest, and oldest as jsonl or csv)")
    .option("--format <format>", "table, jsonl or csv", "table")
    .option("--out <file>", "jsonl and csv: write this file, all or nothing (default: standard output)")
    .option("--recorded-at", "jsonl and csv: include when the store took each event in")
    .action(run(async () => (await import("./query.js")).archiveQuery));
}

const restoreHelp = `
Files are checked before their events are used. What is stored already stays as it is, so a restore can be repeated. The
next retention run takes the events again where the rules still say so: see --hold.`;
