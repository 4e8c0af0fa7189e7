import { describe, expect, test } from "vitest";
import { type MetricOptions, toMetricQuery } from "../../src/commands/metrics/options.js";
import { UsageError } from "../../src/exit.js";
import { bucketFor } from "../../src/terminal/plot/time-axis.js";

const NOW = Date.UTC(2026, 0, 2);
const defaults: MetricOptions = { aggregate: "sum", from: "24h", to: "now", bucket: "auto" };
const query = (options: Partial<MetricOptions> = {}) =>
  toMetricQuery("tokens", { ...defaults, ...options }, { now: NOW, mostBuckets: 30, defaultFill: () => "none" });

describe("options", () => {
  test("alone mean a day in buckets that are easy to read", () => {
    expect(query()).toEqual({
      metric: "tokens",
      aggregate: "sum",
      from: new Date(NOW - 86_400_000),
      to: new Date(NOW),
      bucket: { every: "1h" },
      fill: "none",
    });
  });

  test("all of them", () => {
    expect(
      query({
        aggregate: "p95",
        agent: ["a", "b"],
        team: ["t"],
        label: ["model=gpt-4o", "note=x=y"],
        from: "2026-01-01",
        bucket: "6h",
        timeZone: "Europe/Berlin",
        groupBy: "agent,labels.model",
        fill: "previous",
      }),
    ).toMatchObject({
      aggregate: "p95",
      agentId: ["a", "b"],
      teamId: ["t"],
      labels: { model: "gpt-4o", note: "x=y" },
      from: new Date(NOW - 86_400_000),
      bucket: { every: "6h", timeZone: "Europe/Berlin" },
      groupBy: ["agentId", "labels.model"],
      fill: "previous",
    });
  });

  test("dimensions of events go by the names that audit commands use", () => {
    const labels = { label: ["rule=refund-limit", "tool=issue_refund"], groupBy: "agent,tool,agent.metadata.model" };
    const ofEvents = toMetricQuery(
      "denials",
      { ...defaults, ...labels },
      { now: NOW, mostBuckets: 30, defaultFill: () => "none" },
    );
    expect(ofEvents).toMatchObject({
      labels: { matchedRuleId: "refund-limit", tool: "issue_refund" },
      groupBy: ["agentId", "labels.tool", "labels.agent.metadata.model"],
    });
    expect(() => query({ groupBy: "tool" })).toThrow("a label is written as labels.tool");
  });

  test("no buckets", () => expect(query({ bucket: "none" })).not.toHaveProperty("bucket"));
});

test.each<[options: Partial<MetricOptions>, expected: string]>([
  [{ aggregate: "p96" }, 'Did you mean "p95"?'],
  [{ from: "1h", to: "2h" }, "is not before --to"],
  [{ bucket: "7h" }, "divides a day"],
  [{ bucket: "none", timeZone: "UTC" }, "--time-zone needs --bucket"],
  [{ label: ["model"] }, "a name, = and a value"],
  [{ label: ["=x"] }, "a name, = and a value"],
  [{ label: ["a=1", "a=2"] }, "twice"],
  [{ groupBy: "agnt" }, "allowed: agent, team, labels.NAME"],
  [{ groupBy: "agent,agentId" }, "twice"],
  [{ fill: "nul" }, 'Did you mean "null"?'],
])("refused: %j", (options, expected) => {
  expect(() => query(options)).toThrow(UsageError);
  expect(() => query(options)).toThrow(expected);
});

test.each<[ms: number, expected: string]>([
  [1000, "1s"],
  [3_600_000, "5m"],
  [30 * 86_400_000, "1d"],
  [365 * 86_400_000, "1mo"],
  [36_500 * 86_400_000, "1mo"],
])("a bucket for %i ms is %s", (ms, expected) => {
  expect(bucketFor(ms, 30)).toBe(expected);
});
