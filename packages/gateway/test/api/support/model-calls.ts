import { expect, test } from "vitest";
import { sentEvent } from "./events.js";
import type { TestApi, TestApiOptions } from "./test-api.js";

const RANGE = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
let made = 0;

/** A model call as it is sent, with an id of its own. */
export function modelCall(agentId: string, usage: object, more: object = {}): Record<string, unknown> {
  made++;
  const eventId = `019ad4c2-7f00-7000-8000-${process.pid.toString(16).padStart(8, "0")}${made.toString(16).padStart(4, "0")}`;
  return sentEvent({ eventId, agentId, action: "model_call", payload: { model: "large", usage }, ...more });
}

/** Sums of a metric of an agent by a label. */
export async function sumsOf(api: TestApi, metric: string, agentId: string, label = "type"): Promise<object> {
  const groupBy = [`labels.${label}`] as const;
  const series = await api.storage.metrics.query({ ...RANGE, metric, agentId, aggregate: "sum", groupBy });
  return Object.fromEntries(
    series.map(({ key, points }) => [
      String(Object.values(key)[0]),
      points.reduce((sum, { value }) => sum + (value ?? 0), 0),
    ]),
  );
}

/** Tokens and cost of model calls as samples, on every store. @param open with sampling */
export function modelCallCases(open: (options?: TestApiOptions) => Promise<TestApi>): void {
  test("tokens and cost of a model call are samples with its agent and its model", async () => {
    const api = await open();
    const usage = { input: 100, output: 20, total: 120, cacheRead: 7, costUsd: 0.0012345678 };
    const { body } = await api.call("POST", "/events", { json: [modelCall("sampled", usage)] });
    expect(body).toEqual({ inserted: 1, duplicates: 0, rejected: [] });
    expect(await sumsOf(api, "tokens", "sampled")).toEqual({ input: 100, output: 20 });
    expect(await sumsOf(api, "cost_usd", "sampled", "model")).toEqual({ large: 0.001235 });
  });

  test("what was delivered before does not count again, whichever part of a request it is", async () => {
    const api = await open();
    const send = async (events: readonly object[]) => (await api.call("POST", "/events", { json: events })).body;
    const [a, b, c] = [1, 10, 100].map((input) => modelCall("again", { input }));
    const other = sentEvent({ agentId: "again" });
    expect(await send([a as object, other])).toMatchObject({ inserted: 2 });
    expect(await send([a as object])).toMatchObject({ inserted: 0, duplicates: 1 });
    // Also twice in one request, among others, and beside one that is refused.
    const mixed = [sentEvent({ agentId: "again" }), a, b, b, { ...c, agentId: "" }, c, sentEvent({ agentId: "again" })];
    const result = await send(mixed as object[]);
    expect(result).toMatchObject({ inserted: 4, duplicates: 2, rejected: [{ index: 4, code: "invalid_argument" }] });
    expect(await sumsOf(api, "tokens", "again")).toEqual({ input: 111 });
  });

  test("two gateways that get the same request at once count it once", async () => {
    const one = await open();
    const two = await open({ wrap: () => one.storage });
    const json = Array.from({ length: 20 }, () => modelCall("twice", { output: 1, costUsd: 1 }));
    const answers = await Promise.all([one, two, one].map((api) => api.call("POST", "/events", { json })));
    expect(answers.reduce((sum, { body }) => sum + body.inserted, 0)).toBe(20);
    expect(await sumsOf(one, "tokens", "twice")).toEqual({ output: 20 });
  });

  test("other events and numbers that are none are no samples", async () => {
    const api = await open();
    const json = [
      modelCall("none", { input: 5 }, { action: "tool_call" }),
      modelCall("none", { input: "5", output: -1, costUsd: null }),
      modelCall("none", [7]),
      modelCall("none", {}, { payload: "usage" }),
      modelCall("none", { total: 9 }),
    ];
    expect((await api.call("POST", "/events", { json })).body.inserted).toBe(5);
    expect(await sumsOf(api, "tokens", "none")).toEqual({ total: 9 });
    expect(await sumsOf(api, "cost_usd", "none")).toEqual({});
  });
}
