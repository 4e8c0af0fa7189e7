import { type Command, Option } from "commander";
import { repeat } from "../../args/options.js";
import type { Lazily } from "../../handler.js";

export function addMetricCommands(metrics: Command, run: Lazily): void {
  withQuery(metrics.command("query"))
    .description("a metric over time, as a table")
    .action(run(async () => (await import("./query.js")).metricsQuery));
  withQuery(metrics.command("plot"))
    .description("a metric over time, as a chart")
    .option("--height <rows>", "rows between the axes", "12")
    .option("--ascii", "draw with ASCII characters (default: where the locale is not UTF-8)")
    .action(run(async () => (await import("./plot.js")).metricsPlot));
}

function withQuery(command: Command): Command {
  return command
    .argument("<metric>", "such as tokens or cost_usd")
    .option("--aggregate <name>", "sum, count, avg, min, max, last, rate, p50, p95 or p99", "sum")
    .option("--from <time>", "from this time on: ISO 8601, or a time ago such as 2h or 7d", "24h")
    .option("--to <time>", "before this time", "now")
    .option("--bucket <duration>", "such as 5m, 1h, 1d; none: one value for the whole range", "auto")
    .option("--time-zone <name>", "IANA time zone the buckets follow (default: UTC)")
    .option("--group-by <dimensions>", "comma-separated: agent, team, labels.NAME")
    .option("--fill <how>", "empty buckets: none, null, zero or previous (default: none; plot draws what is missing)")
    .addOption(new Option("--agent <id>", "agent id").argParser(repeat))
    .addOption(new Option("--team <id>", "team id").argParser(repeat))
    .addOption(new Option("--label <name=value>", "label the samples must carry").argParser(repeat))
    .addHelpText("after", "\nSeveral --agent or --team match any of them; several --label must all match.");
}
