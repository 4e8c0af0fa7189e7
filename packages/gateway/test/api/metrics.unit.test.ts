import { describe, expect, it } from "vitest";
import { sentEvent, store } from "./support/events.js";
import { identity, type TestApi, testApi } from "./support/test-api.js";

const FROM = Date.UTC(2026, 10, 1);
const RANGE = `from=${new Date(FROM).toISOString()}&to=${new Date(FROM + 86_400_000).toISOString()}`;

async function withSamples(): Promise<TestApi> {
  const api = await testApi();
  await api.storage.metrics.define({ name: "tokens", unit: "tokens", kind: "delta" });
  await api.storage.metrics.record(
    [10, 20, 30, 40].map((value, hour) => ({
      ts: new Date(FROM + hour * 3_600_000),
      metric: "tokens",
      value,
      agentId: hour % 2 === 0 ? "a" : "b",
      teamId: hour === 3 ? "sales" : "care",
      labels: { model: hour < 2 ? "m=1" : "m2" },
    })),
  );
  return api;
}

describe("metrics", () => {
  it("are queried by bucket, group, label and window", async () => {
    const api = await withSamples();
    const sum = await api.call("GET", `/metrics/query?metric=tokens&aggregate=sum&${RANGE}`);
    expect(sum.body.items[0].points.map(({ value }: { value: number }) => value)).toEqual([100]);
    const grouped = await api.call("GET", `/metrics/query?metric=tokens&aggregate=sum&groupBy=agentId&${RANGE}`);
    expect(grouped.body.items.map(({ key }: { key: object }) => key)).toEqual([{ agentId: "a" }, { agentId: "b" }]);
    const labelled = await api.call("GET", `/metrics/query?metric=tokens&aggregate=sum&label=model%3Dm%3D1&${RANGE}`);
    expect(labelled.body.items[0].points[0].value).toBe(30);
    const windows = await api.call(
      "GET",
      `/metrics/query?metric=tokens&aggregate=sum&every=1h&window=movingAvg:2&window=cumulativeSum&${RANGE}`,
    );
    expect(windows.body.items[0].points[1].windows).toEqual([15, 30]);
  });

  it("are listed, and their greatest groups found", async () => {
    const api = await withSamples();
    const { body } = await api.call("GET", `/metrics/top?metric=tokens&by=agentId&limit=1&${RANGE}`);
    expect(body).toMatchObject({ rows: [{ key: { agentId: "b" }, value: 60 }], groups: 2, total: 100 });
    const list = await api.call("GET", "/metrics");
    expect(list.body.items.find(({ name }: { name: string }) => name === "tokens")).toMatchObject({ samples: 4 });
  });

  it("are answered from events, too, and only from the team of a token", async () => {
    const api = await withSamples();
    await store(api, sentEvent({ teamId: "care", decision: "deny" }), sentEvent({ decision: "deny" }));
    const now = Date.now();
    const range = `from=${new Date(now - 60_000).toISOString()}&to=${new Date(now + 60_000).toISOString()}`;
    const as = identity("care", ["read"], "care");
    const denials = await api.call("GET", `/metrics/query?metric=denials&aggregate=sum&${range}`, { as });
    expect(denials.body.items[0].points[0].value).toBe(1);
    const tokens = await api.call("GET", `/metrics/query?metric=tokens&aggregate=sum&${RANGE}`, { as });
    expect(tokens.body.items[0].points[0].value).toBe(60);
    const sales = await api.call("GET", `/metrics/query?metric=tokens&aggregate=sum&teamId=sales&${RANGE}`, { as });
    expect(sales.status).toBe(403);
    expect((await api.call("GET", "/metrics", { as })).status).toBe(403);
  });

  it.each([
    ["aggregate=sum", "metric"],
    ["metric=tokens", "aggregate"],
    ["metric=tokens&aggregate=median", "aggregate"],
    ["metric=tokens&aggregate=sum&label=model", "label"],
    ["metric=tokens&aggregate=sum&window=movingAvg:x", "window"],
    ["metric=tokens&aggregate=sum&window=movingAvg:2", undefined],
    ["metric=tokens&aggregate=sum&groupBy=colour", undefined],
    ["metric=tokens&aggregate=sum&unit=km", undefined],
  ])("refuse the query %s", async (query, option) => {
    const api = await testApi({ backend: "memory" });
    const { status, body } = await api.call("GET", `/metrics/query?${query}&${RANGE}`);
    expect([status, body.code]).toEqual([400, "invalid_argument"]);
    if (option !== undefined) expect(body.option).toBe(option);
  });
});
