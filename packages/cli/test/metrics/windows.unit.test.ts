import type { MetricWindow } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { parseWindow, windowText, windowTitle, windowUnit, windowValue } from "../../src/commands/metrics/windows.js";
import { UsageError } from "../../src/exit.js";

const GROUP_BY = ["agentId", "teamId", "labels.model", "labels.tool"] as const;

test.each<[text: string, metric: string, expected: MetricWindow]>([
  ["movingAvg:6", "tokens", { function: "movingAvg", size: 6 }],
  ["cumulativeSum", "tokens", { function: "cumulativeSum" }],
  ["lag", "tokens", { function: "lag" }],
  ["percentChange:7", "tokens", { function: "percentChange", size: 7 }],
  ["rank", "tokens", { function: "rank" }],
  ["rank:series", "tokens", { function: "rank", partition: "series" }],
  ["shareOfTotal:team", "tokens", { function: "shareOfTotal", partition: ["teamId"] }],
  ["rank:agent,labels.model", "tokens", { function: "rank", partition: ["agentId", "labels.model"] }],
  ["rank:tool", "denials", { function: "rank", partition: ["labels.tool"] }],
])("%s of %s", (text, metric, expected) => {
  expect(parseWindow(text, metric, GROUP_BY)).toEqual(expected);
});

test.each<[text: string, expected: string]>([
  ["movingAverage:6", 'Did you mean "movingAvg"?'],
  ["", "allowed: movingAvg, movingSum"],
  ["movingAvg", "a whole number of buckets from 1"],
  ["movingAvg:", "a whole number of buckets from 1"],
  ["movingAvg:0", "such as movingAvg:6"],
  ["movingAvg:1.5", "a whole number of buckets"],
  ["movingAvg:-3", "a whole number of buckets"],
  ["lag:x", "such as lag:6"],
  ["cumulativeSum:3", "takes no size"],
  ["rank:", "allowed after the colon: series"],
  ["rank:tool", "allowed: agent, team, labels.NAME; a label is written as labels.tool"],
  ["rank:team,team", "twice"],
  ["rank:team", "--group-by does not name teamId"],
])("refused: %j", (text, expected) => {
  expect(() => parseWindow(text, "tokens", undefined)).toThrow(UsageError);
  expect(() => parseWindow(text, "tokens", undefined)).toThrow(expected);
});

test("a window is shown as it was given, its results in their unit", () => {
  const average: MetricWindow = { function: "movingAvg", size: 6 };
  const share: MetricWindow = { function: "shareOfTotal", partition: ["teamId"] };
  expect([windowText(average), windowTitle(average), windowUnit(average, "USD")]).toEqual([
    "movingAvg:6",
    "MOVING AVG 6",
    "USD",
  ]);
  expect([windowText(share), windowTitle(share), windowUnit(share, "USD"), windowValue(share, 0.25)]).toEqual([
    "shareOfTotal:team",
    "SHARE OF TOTAL TEAM",
    "%",
    25,
  ]);
  expect(windowUnit({ function: "rank" }, "USD")).toBeUndefined();
});
