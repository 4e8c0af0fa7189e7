import { type Command, Option } from "commander";
import { repeat } from "../../args/options.js";
import type { Lazily } from "../../handler.js";

const AGGREGATES = "sum, count, avg, min, max, last, rate, p50, p95 or p99";
const DIMENSIONS = "comma-separated: agent, team, labels.NAME";
const WINDOWS =
  "computed over buckets, e.g. movingAvg:6, lag, rank:series or shareOfTotal:team; may be repeated (see below)";
const ASCII = "draw with ASCII characters (default: where the locale is not UTF-8)";

/** Adds the commands of `aasm metrics`. */
export function addMetricCommands(metrics: Command, run: Lazily): void {
  metrics
    .command("list")
    .description("the metrics: what they measure, how many samples, which labels")
    .option("--prefix <text>", "only metrics whose name begins with this")
    .option("--csv", "print CSV")
    .action(run(async () => (await import("./list.js")).metricsList));
  addTop(metrics, run);
  withSeries(metrics.command("query"))
    .argument("<metric>", "such as tokens or denials; aasm metrics list has all")
    .description("a metric over time, as a table")
    .option("--total", "add the value over the whole range (sum and count)")
    .option("--csv", "print CSV")
    .action(run(async () => (await import("./query.js")).metricsQuery));
  withSeries(metrics.command("plot"))
    .argument(
      "<metrics...>",
      "one or more, such as tokens cost_usd; where their units differ, each is scaled to its maximum",
    )
    .description("metrics over time, as a chart")
    .option("--anomalies <method>", "mark anomalies and draw the expected band: mad, zscore or seasonal")
    .option("--height <rows>", "rows between the axes", "12")
    .option("--ascii", ASCII)
    .action(run(async () => (await import("./plot.js")).metricsPlot));
  addAnomalies(metrics, run);
}

function addTop(metrics: Command, run: Lazily): void {
  const top = metrics
    .command("top")
    .description("the agents, teams or labels with the greatest values")
    .argument("<metric>", "such as tokens or denials; aasm metrics list has all")
    .requiredOption("--by <dimensions>", DIMENSIONS)
    .option("--aggregate <name>", AGGREGATES, "sum")
    .option("--limit <n>", "how many", "10");
  withSelection(top, "24h")
    .option("--bucket <duration>", "of the trend: such as 1h or 1d; none: no trend", "auto")
    .option("--time-zone <name>", "IANA time zone the buckets follow (default: UTC)")
    .option("--ascii", ASCII)
    .option("--csv", "print CSV")
    .action(run(async () => (await import("./top.js")).metricsTop));
}

function addAnomalies(metrics: Command, run: Lazily): void {
  const anomalies = metrics
    .command("anomalies")
    .description("buckets that differ from what the buckets before them let expect")
    .argument("<metric>", "such as cost_usd or denials; aasm metrics list has all")
    .option("--method <name>", "mad (median), zscore (mean) or seasonal (same time of earlier days or weeks)", "mad")
    .option("--window <n>", "buckets to compare with (default: 24); with seasonal days or weeks (default: 8)")
    .option("--season <name>", "with seasonal: day or week (default: week)")
    .option("--threshold <score>", "a score beyond it is an anomaly (default: 3 with zscore, else 3.5)")
    .option("--min-samples <n>", "buckets to compare with that must have a value (default: half of them)")
    .option("--aggregate <name>", AGGREGATES, "sum")
    .option("--bucket <duration>", "such as 15m, 1h, 1d, or auto", "1h")
    .option("--time-zone <name>", "IANA time zone the buckets follow (default: UTC)")
    .option("--group-by <dimensions>", `judge each group apart; ${DIMENSIONS}`);
  withSelection(anomalies, "7d")
    .option("--all", "print every bucket")
    .option("--csv", "print CSV")
    .action(run(async () => (await import("./anomalies.js")).metricsAnomalies));
}

function withSeries(command: Command): Command {
  command
    .option("--aggregate <name>", AGGREGATES, "sum")
    .option("--bucket <duration>", "such as 5m, 1h, 1d; none: one value for the whole range", "auto")
    .option("--time-zone <name>", "IANA time zone the buckets follow (default: UTC)")
    .option("--group-by <dimensions>", DIMENSIONS)
    .option("--fill <how>", "empty buckets: none, null, zero or previous (default: none; plot draws what is missing)")
    .addOption(new Option("--window <function>", WINDOWS).argParser(repeat));
  return withSelection(command, "24h").addHelpText("after", WINDOW_HELP);
}

function withSelection(command: Command, from: string): Command {
  return command
    .option("--from <time>", "from this time on: ISO 8601, or a time ago such as 2h or 7d", from)
    .option("--to <time>", "before this time", "now")
    .option("--unit <name>", "convert values: s, ms, bytes, MiB, ...; the metric's unit must be declared")
    .addOption(new Option("--agent <id>", "agent id").argParser(repeat))
    .addOption(new Option("--team <id>", "team id").argParser(repeat))
    .addOption(new Option("--label <name=value>", "label the samples must carry").argParser(repeat))
    .addHelpText("after", SELECTION_HELP);
}

const SELECTION_HELP = `
Several --agent or --team match any of them; several --label must all match.
events, denials, tool.calls and approvals.latency come from the audit log: their
dimensions are those of aasm audit summarize, such as --group-by tool or --label
rule=refund-limit.`;

const WINDOW_HELP = `
Windows, N in buckets:
  movingAvg:N movingSum:N movingMin:N movingMax:N   of the last N buckets
  cumulativeSum                        since the start of the range
  lag[:N] delta[:N] percentChange[:N]  the value N buckets (default: 1) before,
                                       and the change since
  rank[:WHAT] shareOfTotal[:WHAT]      among the groups of a bucket; WHAT is
                                       series, for the buckets of a group, or
                                       dimensions that groups share, as team`;
