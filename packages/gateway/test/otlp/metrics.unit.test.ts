import { describe, expect, test } from "vitest";
import { parsePoints } from "../../src/otlp/json/points.js";
import { RecentRequests } from "../../src/otlp/metrics/recent-requests.js";
import { samplesOf } from "../../src/otlp/metrics/samples.js";
import { keyValues, metrics, nowNano } from "../support/otlp-requests.js";
import { openOtlp } from "../support/otlp-server.js";

const AT = "1795000000001999999";
const resource = { "service.name": "shop", "team.id": "checkout" };

function samplesIn(metric: object, teamId?: string): unknown[] {
  return parsePoints(Buffer.from(metrics([metric], resource))).map((point) => samplesOf(point, teamId));
}

const point = (more: object, attributes: object = {}): object => ({
  timeUnixNano: AT,
  attributes: keyValues(attributes as Readonly<Record<string, unknown>>),
  ...more,
});
const SHARED = { ts: new Date(1_795_000_000_001), agentId: "shop", teamId: "checkout" };

describe("samples", () => {
  test.each<[string, object, unknown]>([
    ["a gauge", { gauge: { dataPoints: [point({ asDouble: 0.5 })] } }, [{ ...SHARED, metric: "m", value: 0.5 }]],
    [
      "a delta sum",
      {
        sum: {
          aggregationTemporality: 1,
          isMonotonic: true,
          dataPoints: [point({ asInt: "7" }, { model: "m-1", n: 2 })],
        },
      },
      [{ ...SHARED, metric: "m", value: 7, labels: { model: "m-1", n: "2" } }],
    ],
    [
      "a sum that also falls, whichever its temporality",
      { sum: { aggregationTemporality: 2, dataPoints: [point({ asInt: 3 })] } },
      [{ ...SHARED, metric: "m", value: 3 }],
    ],
    [
      "a histogram",
      {
        histogram: {
          aggregationTemporality: "AGGREGATION_TEMPORALITY_DELTA",
          dataPoints: [point({ count: "2", sum: 42 })],
        },
      },
      [
        { ...SHARED, metric: "m.count", value: 2 },
        { ...SHARED, metric: "m.sum", value: 42 },
      ],
    ],
    [
      "an exponential histogram without a sum",
      { exponentialHistogram: { aggregationTemporality: 1, dataPoints: [point({ count: 2 })] } },
      [{ ...SHARED, metric: "m.count", value: 2 }],
    ],
    [
      "who it is of is no label, and neither is a list",
      {
        gauge: {
          dataPoints: [point({ asInt: 1 }, { "gen_ai.agent.name": "booker", "aasm.team_id": "t", list: [1], e: "" })],
        },
      },
      [{ ...SHARED, agentId: "booker", teamId: "t", metric: "m", value: 1 }],
    ],
    ["a point that says that there is no value", { gauge: { dataPoints: [point({ flags: 1 })] } }, []],
  ])("%s", (_, data, expected) => {
    expect(samplesIn({ name: "m", ...data })).toEqual([expected]);
  });

  test.each<[string, object]>([
    [
      "is cumulative: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta",
      { sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point({ asInt: 3 })] } },
    ],
    ["names no temporality", { histogram: { dataPoints: [point({ count: 3 })] } }],
    ["is a summary: record a histogram", { summary: { dataPoints: [point({ count: 3, sum: 1 })] } }],
    ["has no finite value", { gauge: { dataPoints: [point({ asDouble: "NaN" })] } }],
    ["has no finite value", { gauge: { dataPoints: [point({})] } }],
    ["has no time", { gauge: { dataPoints: [{ asInt: 1 }] } }],
    ["has no name", { name: "", gauge: { dataPoints: [point({ asInt: 1 })] } }],
  ])("%s", (problem, data) => {
    expect(samplesIn({ name: "m", ...data })).toEqual([{ problem }]);
  });

  test("the team of the sender", () => {
    expect(samplesIn({ name: "m", gauge: { dataPoints: [point({ asInt: 1 })] } }, "fraud")).toMatchObject([
      [{ teamId: "fraud" }],
    ]);
  });
});

describe("requests that are sent again", () => {
  const body = metrics([
    { name: "tokens", sum: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano: nowNano(), asInt: 5 }] } },
  ]);

  async function total({ storage }: Pick<Awaited<ReturnType<typeof openOtlp>>, "storage">): Promise<unknown> {
    const range = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 60_000) };
    const [series] = await storage.metrics.query({ metric: "tokens", ...range, aggregate: "sum" });
    return series?.points[0]?.value;
  }

  test("the same bytes count once, together or one after the other", async () => {
    const otlp = await openOtlp();
    await Promise.all([1, 2, 3].map(() => otlp.send("/v1/metrics", body)));
    expect((await otlp.send("/v1/metrics", body)).status).toBe(200);
    expect(await total(otlp)).toBe(5);
  });

  test("one that failed is tried again, and one that is old is new", async () => {
    let now = 0;
    let handled = 0;
    const recent = new RecentRequests<number>(() => now);
    const bytes = new Uint8Array([1]);
    await expect(recent.once("a", bytes, () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    const handle = async (): Promise<number> => ++handled;
    expect(await recent.once("a", bytes, handle)).toBe(1);
    expect(await recent.once("a", bytes, handle)).toBe(1);
    expect(await recent.once("b", bytes, handle)).toBe(2);
    now += 11 * 60_000;
    expect(await recent.once("a", bytes, handle)).toBe(3);
  });
});
