import type { AnomalyPoint, AnomalyQuery, AnomalySeries, MetricInfo, MetricTop } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, test } from "vitest";
import { renderMetrics } from "../../src/commands/metrics/list.js";
import { bucketLabels, formatRounded } from "../../src/commands/metrics/values.js";
import { renderAnomalies, renderAnomaliesCsv } from "../../src/commands/metrics/view-anomalies.js";
import { renderSeriesCsv, renderSeriesTable, type SeriesAnswer } from "../../src/commands/metrics/view-table.js";
import { renderTop, renderTopCsv } from "../../src/commands/metrics/view-top.js";
import { sparkline } from "../../src/terminal/plot/sparkline.js";
import { createStyle } from "../../src/terminal/style.js";

const plain = createStyle(false);
const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));
const range = { from: at(0), to: at(48) };

test("metrics as a table: how many samples, which labels, and what was evicted", () => {
  const metrics: MetricInfo[] = [
    {
      name: "events",
      source: "events",
      unit: "events",
      kind: "delta",
      samples: null,
      agents: null,
      teams: null,
      labels: { tool: null },
    },
    { name: "queue", source: "recorded", samples: 0, agents: 0, teams: 0, labels: {} },
    {
      name: "tokens",
      source: "recorded",
      unit: "tokens",
      kind: "delta",
      decimals: 0,
      samples: 12_345,
      first: at(0),
      last: at(5),
      agents: 4,
      teams: 0,
      labels: { model: 3, region: 2 },
      evicted: 1000,
    },
  ];
  expect(renderMetrics(metrics, undefined, plain)).toBe(
    [
      "NAME    SOURCE    KIND   UNIT    SAMPLES  EVICTED  FIRST                 LAST                  LABELS",
      "events  events    delta  events        -                                                       agents, teams, tool",
      "queue   recorded  -      -             0",
      "tokens  recorded  delta  tokens   12,345    1,000  2026-01-01 00:00:00Z  2026-01-01 05:00:00Z  agents (4), model (3), region (2)",
      "",
    ].join("\n"),
  );
});

describe("top", () => {
  const request = { metric: "cost_usd", ...range, by: ["agentId", "labels.model"] as const };
  const point = (value: number | null) => ({ ts: at(0), value });
  const top: MetricTop = {
    rows: [
      {
        key: { agentId: "a", "labels.model": "x,y" },
        value: 0.3,
        exact: "0.300000",
        share: 0.75,
        points: [point(0), point(0.1), point(0.2)],
      },
      {
        key: { agentId: null, "labels.model": "m" },
        value: 0.1,
        exact: "0.100000",
        share: 0.25,
        points: [point(0.1), point(null), point(0)],
      },
    ],
    groups: 3,
    total: 0.4,
    unit: "USD",
  };

  test("has rank, key, exact value, share, trend and total", () => {
    const render = (unicode: boolean) => renderTop(top, request, { width: undefined, style: plain, unicode });
    expect(render(true)).toBe(
      [
        "#  AGENT  MODEL  VALUE (USD)  SHARE  TREND",
        "1  a      x,y       0.300000  75.0%  ▁▅█",
        "2  -      m         0.100000  25.0%  █ ▁",
        "Total 0.4 USD of 3 groups, 2 of them shown",
        "",
      ].join("\n"),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly ASCII
    expect(render(false)).toMatch(/^[\x00-\x7f]*$/);
  });

  test("as CSV", () => {
    expect(renderTopCsv(top, request)).toBe(
      'rank,agentId,labels.model,value,unit,share\r\n1,a,"x,y",0.300000,USD,0.75\r\n2,,m,0.100000,USD,0.25\r\n',
    );
  });

  test("of averages has no shares and no total", () => {
    const averages = { ...top, rows: top.rows.map((row) => ({ ...row, share: null })), total: null, groups: 2 };
    const text = renderTop(averages, request, { width: undefined, style: plain, unicode: true });
    expect(text).not.toContain("SHARE");
    expect(text).toMatch(/\n2 groups\n$/);
  });
});

test.each<[values: (number | null)[], expected: string]>([
  [[0, 0], "▁▁"],
  [[5], "█"],
  [[0, 1, 1000], "▁▂█"],
  [[-2, 0, 2], "▁▅█"],
  [[1, null, 2], "▅ █"],
  [[-1e308, 1e308], "▁█"],
  [[], ""],
])("sparkline of %j", (values, expected) => {
  expect(sparkline(values, true)).toBe(expected);
});

describe("series", () => {
  const answer: SeriesAnswer = {
    query: {
      metric: "cost_usd",
      aggregate: "sum",
      ...range,
      bucket: { every: "1d" },
      groupBy: ["teamId"],
      window: [{ function: "movingAvg", size: 2 }, { function: "shareOfTotal" }],
    },
    series: [
      {
        key: { teamId: "data" },
        unit: "USD",
        points: [
          { ts: at(0), value: 1.5, exact: "1.500000", windows: [1.5, 0.5] },
          { ts: at(24), value: null, windows: [null, null] },
        ] as never,
      },
      {
        key: { teamId: null },
        unit: "USD",
        points: [{ ts: at(0), value: 1.5, exact: "1.500000", windows: [1.5, 0.5] }] as never,
      },
    ],
    totals: [
      { key: { teamId: "data" }, unit: "USD", points: [{ ts: at(0), value: 1.5, exact: "1.500000" }] },
      { key: { teamId: null }, unit: "USD", points: [{ ts: at(0), value: 1.5, exact: "1.500000" }] },
      { key: {}, unit: "USD", points: [{ ts: at(0), value: 3, exact: "3.000000" }] },
    ],
  };

  test("exact values, a column for each window, totals last", () => {
    expect(renderSeriesTable(answer, undefined, plain)).toBe(
      [
        "FROM        TEAM   VALUE (USD)  MOVING AVG 2 (USD)  SHARE OF TOTAL (%)",
        "2026-01-01  data      1.500000                 1.5                  50",
        "2026-01-02  data             -                   -                   -",
        "2026-01-01  -         1.500000                 1.5                  50",
        "total       data      1.500000",
        "total       -         1.500000",
        "total       (all)     3.000000",
        "",
      ].join("\n"),
    );
  });

  test("as CSV, values as they are", () => {
    expect(renderSeriesCsv(answer)).toBe(
      [
        "ts,teamId,value,unit,movingAvg:2,shareOfTotal",
        "2026-01-01T00:00:00.000Z,data,1.500000,USD,1.5,0.5",
        "2026-01-02T00:00:00.000Z,data,,USD,,",
        "2026-01-01T00:00:00.000Z,,1.500000,USD,1.5,0.5",
        "total,data,1.500000,USD,,",
        "total,,1.500000,USD,,",
        "total,,3.000000,USD,,",
        "",
      ].join("\r\n"),
    );
  });

  test("a total that no double holds has all of its digits", async () => {
    const storage = openMemoryStorage();
    await storage.metrics.define({ name: "cost_usd", unit: "USD", kind: "delta", decimals: 6 });
    const sample = (value: number) => ({ ts: at(1), metric: "cost_usd", value });
    await storage.metrics.record([
      sample(900_000_000),
      sample(900_000_000.123456),
      ...Array(12).fill(sample(900_000_000)),
    ]);
    const query = { metric: "cost_usd", aggregate: "sum", ...range } as const;
    const series = await storage.metrics.query(query);
    expect(renderSeriesTable({ query, series }, undefined, plain)).toMatch(/ 12600000000\.123456\n$/);
    await storage.close();
  });
});

test("buckets are named by the clock of their zone, days by their date", () => {
  const midnight = new Date("2026-02-28T23:00:00Z");
  expect(bucketLabels({ every: "1d", timeZone: "Europe/Berlin" })(midnight)).toBe("2026-03-01");
  expect(bucketLabels({ every: "1h", timeZone: "Europe/Berlin" })(midnight)).toBe("2026-03-01 00:00:00");
  expect(bucketLabels({ every: "1mo" })(at(0))).toBe("2026-01-01");
  expect(bucketLabels(undefined)(at(1))).toBe("2026-01-01 01:00:00Z");
});

describe("anomalies", () => {
  const query = {
    metric: "denials",
    ...range,
    bucket: { every: "1h" },
    aggregate: "sum",
    method: "mad",
    groupBy: ["agentId"],
  } as const satisfies AnomalyQuery;
  const point = (hour: number, members: Partial<AnomalyPoint>): AnomalyPoint => ({
    ts: at(hour),
    value: 1,
    expected: 1,
    lower: -2.5,
    upper: 4.5,
    score: 0,
    anomaly: false,
    ...members,
  });
  const none = { expected: null, lower: null, upper: null, score: null };
  const series: AnomalySeries[] = [
    {
      key: { agentId: "b" },
      unit: "events",
      points: [point(0, none), point(9, { value: 12, score: 11, anomaly: true })],
    },
    {
      key: { agentId: "a" },
      unit: "events",
      points: [
        point(3, { value: 0, expected: 1234.5678, lower: 1200, upper: 1300.123, score: -42.123, anomaly: true }),
        point(4, {}),
        point(5, { value: null, score: null }),
      ],
    },
  ];
  const render = (all: boolean, of = series) => renderAnomalies(of, query, { all, width: undefined, style: plain });

  test("the most recent last, with what was expected", () => {
    expect(render(false)).toBe(
      [
        "FROM                  AGENT  VALUE (events)  EXPECTED            BAND  SCORE",
        "2026-01-01 03:00:00Z  a                   0     1,235  1,200 to 1,300  -42.1",
        "2026-01-01 09:00:00Z  b                  12         1        0 to 4.5  +11.0",
        "2 of 3 buckets judged are anomalies; 1 has no baseline; 1 has no value, or only a part in the range",
        "",
      ].join("\n"),
    );
  });

  test("every bucket, those that stand out marked", () => {
    const lines = render(true).split("\n");
    expect(lines).toHaveLength(1 + 5 + 2);
    expect(lines[1]).toBe("2026-01-01 00:00:00Z  b                   1         -               -      -");
    expect(lines[2]).toMatch(/-42\.1 {2}anomaly$/);
  });

  test("none, and one", () => {
    const quiet = [{ key: { agentId: "a" }, points: [point(1, {})] }];
    expect(render(false, quiet)).toBe("No anomalies. 0 of 1 bucket judged are anomalies\n");
    expect(render(false, [{ key: { agentId: "a" }, points: [point(1, { anomaly: true })] }])).toContain(
      "1 of 1 bucket judged is an anomaly\n",
    );
  });

  test("as CSV", () => {
    expect(renderAnomaliesCsv(series, query, false).split("\r\n").slice(0, 2)).toEqual([
      "ts,agentId,value,unit,expected,lower,upper,score,anomaly",
      "2026-01-01T03:00:00.000Z,a,0,events,1234.5678,1200,1300.123,-42.123,true",
    ]);
  });
});

test.each<[value: number, expected: string]>([
  [0, "0"],
  [1234.5, "1,234.5"],
  [0.00012345678, "0.000123"],
  [3_977_299, "3,977,299"],
  [-12.3456789, "-12.3457"],
  [1e21, "1.00e+21"],
])("%d in short is %s", (value, expected) => {
  expect(formatRounded(value)).toBe(expected);
});
