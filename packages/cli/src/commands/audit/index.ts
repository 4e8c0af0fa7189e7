import type { Command } from "commander";
import { DIMENSION_NAMES } from "../../args/dimensions.js";
import { withFilter } from "../../args/options.js";
import type { Lazily } from "../../handler.js";

export function addAuditCommands(audit: Command, run: Lazily): void {
  withFilter(audit.command("query").description("events that match, newest first"))
    .option("--limit <count>", "events per page, 1 to 1000", "50")
    .option("--cursor <cursor>", "continue where a page ended")
    .option("--order <order>", "newest or oldest", "newest")
    .action(run(async () => (await import("./query.js")).auditQuery));
  audit
    .command("show")
    .description("one event with its payload; exit 1 when there is none")
    .argument("<event-id>", "UUID of the event")
    .option("--from <time>", "look from this time on; on a large store a range is faster")
    .option("--to <time>", "look before this time")
    .action(run(async () => (await import("./show.js")).auditShow));
  withFilter(audit.command("tail").description("the latest events, then new ones as they are stored"))
    .option("-n, --lines <count>", "how many of the latest events to show first, 0 to 1000", "10")
    .option("--follow", "wait for new events until Ctrl-C (default)")
    .option("--no-follow", "stop after the latest events")
    .option("--after <position>", "continue behind the event with this position (see --json)")
    .action(run(async () => (await import("./tail.js")).auditTail));
  withFilter(audit.command("count").description("number of events that match")).action(
    run(async () => (await import("./count.js")).auditCount),
  );
  withFilter(audit.command("summarize").description("counts per time bucket and per agent, tool, decision, ..."))
    .option("--group-by <dimensions>", `comma-separated: ${DIMENSION_NAMES.join(", ")}, agent.metadata.KEY`)
    .option("--by <dimensions>", "the same, shorter")
    .option("--bucket <duration>", "such as 5m, 1h, 1d, 1w, 1mo")
    .option("--time-zone <name>", "IANA time zone the buckets follow (default: UTC)")
    .option("--explain", "say what was read for the answer: counts that are kept, or events")
    .option("--include-dropped", "count the events that retention has dropped, too; by whole days in UTC")
    .action(run(async () => (await import("./summarize.js")).auditSummarize));
  audit
    .command("import")
    .description("store the tool calls of transcripts, session files and logs, and exported events")
    .argument("<sources...>", "files, folders, patterns, or - for standard input")
    .option("--format <format>", `auto, or one of ${FORMATS}`, "auto")
    .option("--dry-run", "show what would be stored, and store nothing")
    .option("--follow", "also import what is appended, and new files in folders, until Ctrl-C")
    .option("--strict", "check everything first and store nothing when a part of it is bad")
    .option("--agent <id>", "whose calls these are (default: the agent or model that the source names)")
    .option("--time-zone <name>", "IANA time zone of times without one", "UTC")
    .option("--decision <decision>", "decision of calls that the source only reports", "observed")
    .option("--start-time <time>", "time of calls when the source has none at all")
    .option("--max-payload-bytes <bytes>", "largest payload to accept")
    .option("-y, --yes", "store events that are older than retention keeps without asking")
    .addHelpText("after", importHelp)
    .action(run(async () => (await import("./import.js")).auditImport));
  withFilter(audit.command("export").description("every event that matches, oldest first"))
    .option("--format <format>", "jsonl, csv or parquet", "jsonl")
    .option("--out <file>", "write this file, all or nothing (default: -, standard output)")
    .option("--recorded-at", "include when this store took each event in; in Parquet it always is")
    .action(run(async () => (await import("./export.js")).auditExport));
}

/** Spelled here, so that the help need not load the readers; a test compares. */
const FORMATS =
  "jsonl, csv, openai-chat, openai-responses, anthropic, ai-sdk, langchain, claude-code, codex, inspect, swe-agent, otlp-json";

const importHelp = `
The format is recognised by content. A tool call is stored once, however often it is imported: an answer that comes later
is an event of its own (tool_result). Good parts are stored even when others are bad; what was not stored is listed with
its place, and the exit code is 1, as when nothing was found in a source.

Times that are missing are assumed (payload.timeAssumed): a call has the time of what comes before it, and 2024-01-01T00:00:00Z
when a source has none at all (see --start-time). Events may be of any age.`;
