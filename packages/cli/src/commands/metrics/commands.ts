import type { Command } from "commander";
import type { Lazily } from "../../handler.js";

export function addMetricCommands(program: Command, run: Lazily): void {
  const metrics = program.command("metrics").description("token usage, cost and other series");
  for (const [name, description] of [
    ["query", "a metric over time, as a table"],
    ["plot", "a metric over time, as bars"],
  ] as const) {
    metrics
      .command(name)
      .description(description)
      .argument("<metric>", "such as tokens or cost_usd")
      .option("--aggregate <name>", "sum, count, avg, min, max, last, rate, p50, p95 or p99", "sum")
      .option("--agent <id>", "agent id")
      .option("--team <id>", "team id")
      .option("--from <time>", "from this time on: ISO 8601, or a time ago such as 2h or 7d", "24h")
      .option("--to <time>", "before this time", "now")
      .option("--bucket <duration>", "such as 5m, 1h, 1d", "1h")
      .option("--time-zone <name>", "IANA time zone the buckets follow (default: UTC)")
      .option("--group-by <dimensions>", "comma-separated: agentId, teamId, labels.KEY")
      .action(
        run(async () => {
          const handlers = await import("./query.js");
          return name === "query" ? handlers.metricsQuery : handlers.metricsPlot;
        }),
      );
  }
}
