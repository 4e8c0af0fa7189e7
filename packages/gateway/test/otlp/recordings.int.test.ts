import { Readable } from "node:stream";
import type { AgentStorage } from "@agent-assembly/storage";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { readTranscript } from "@agent-assembly/transcripts";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ServeOptions } from "../../src/server/options.js";
import { serve } from "../../src/server/serve.js";
import { openSqlite } from "../support/otlp-server.js";
import { expectedEvents, RECORDINGS, type RecordedRequest, recordedRequests } from "../support/recordings.js";

/** What each client was answered, as the counters have it: log records and spans that are no event, by reason. */
const IGNORED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "claude-code-json": { unrelated: 3 },
  "claude-code-protobuf": { unrelated: 10 },
  "codex-app-server": { unrelated: 20 },
  "codex-exec": { unrelated: 22 },
  "codex-exec-json": { unrelated: 4 },
  openllmetry: { unrelated: 1 },
};

/** A gateway on a port of this machine, over a SQLite store that takes events of any age. */
async function openServer(options: Partial<ServeOptions> = {}): Promise<{ storage: AgentStorage; url: string }> {
  const storage = await openSqlite({ limits: { maxAgeMs: Infinity } });
  const server = await serve(storage, { port: 0, anonymous: ["ingest", "read"], ...options });
  onTestFinished(() => server.close());
  return { storage, url: server.url };
}

async function send(url: string, { method, path, headers, body }: RecordedRequest): Promise<number> {
  const answer = await fetch(`${url}${path}`, { method, headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

/** All events as JSON, the oldest first, without the time at which this store took them in. */
async function eventsOf(storage: AgentStorage): Promise<unknown[]> {
  const found: AuditEvent[] = [];
  for await (const event of storage.audit.stream()) found.push(event);
  return JSON.parse(JSON.stringify(found.map(({ recordedAt: _, ...event }) => event))) as unknown[];
}

/** Counters of the gateway: `rejected` and `ignored`, by reason. */
async function countersOf(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.matchAll(/^aasm_otlp_(rejected|ignored)_total\{.*reason="(\w+)".*\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, kind, reason, count]) => [`${kind} ${reason}`, Number(count)]));
}

interface Usage {
  readonly input?: number;
  readonly output?: number;
}

test("tokens of recorded model calls are samples, once for each call", async () => {
  const { storage, url } = await openServer({ sampleModelCalls: true });
  const expected = (expectedEvents("claude-code-json") as { action: string; payload: { usage?: Usage } }[])
    .filter(({ action }) => action === "model_call")
    .map(({ payload }) => payload.usage);
  for (let delivery = 0; delivery < 2; delivery++) {
    for (const request of recordedRequests("claude-code-json")) expect(await send(url, request)).toBe(200);
  }
  const series = await storage.metrics.query({
    metric: "tokens",
    from: new Date(Date.UTC(2020, 0)),
    to: new Date(Date.now() + 86_400_000),
    aggregate: "sum",
    groupBy: ["labels.type"],
  });
  const sums = Object.fromEntries(series.map(({ key, points }) => [Object.values(key)[0], points[0]?.value]));
  const sumOf = (member: keyof Usage): number => expected.reduce((sum, usage) => sum + (usage?.[member] ?? 0), 0);
  expect(sums).toEqual({ input: sumOf("input"), output: sumOf("output") });
  expect(sumOf("output")).toBeGreaterThan(0);
});

describe.each(RECORDINGS)("recorded from %s", (client) => {
  test("its bytes give the expected events, each once, and none of them is refused", async () => {
    const { storage, url } = await openServer();
    const requests = recordedRequests(client);
    for (const request of requests) expect(await send(url, request)).toBe(200);
    expect(await eventsOf(storage)).toEqual(expectedEvents(client));
    const ignored = Object.entries(IGNORED[client] ?? {}).map(([reason, count]) => [`ignored ${reason}`, count]);
    expect(await countersOf(url)).toEqual(Object.fromEntries(ignored));

    for (const request of requests) expect(await send(url, request)).toBe(200);
    expect(await eventsOf(storage)).toEqual(expectedEvents(client));
  });
});

test.each(["claude-code-json", "codex-exec-json", "openinference-json"])(
  "%s: what readTranscript gives of a file is what the gateway stores of its requests",
  async (client) => {
    const storage = await openSqlite({ limits: { maxAgeMs: Infinity } });
    const bodies = recordedRequests(client).filter(({ path }) => path !== "/v1/metrics");
    const lines = bodies.map(({ body }) => `${JSON.stringify(JSON.parse(body.toString()))}\n`);
    for await (const item of readTranscript(Readable.from([Buffer.from(lines.join(""))]), { format: "otlp-json" })) {
      if ("event" in item) await storage.audit.append([item.event]);
    }
    expect(await eventsOf(storage)).toEqual(expectedEvents(client));
  },
);

test.each(["claude-code-json", "claude-code-protobuf"])("%s: its metrics become samples", async (client) => {
  const { storage, url } = await openServer();
  for (const request of recordedRequests(client)) await send(url, request);
  const range = { from: new Date("2026-11-30T00:00:00Z"), to: new Date("2026-12-01T00:00:00Z") };
  const tokens = await storage.metrics.query({
    ...{ metric: "claude_code.token.usage", aggregate: "sum", groupBy: ["agentId", "labels.type"] },
    ...range,
  });
  const byType = tokens.map(({ key, points }) => [key.agentId, key["labels.type"], points.map(({ value }) => value)]);
  expect(byType.sort()).toEqual([
    ["claude-code", "cacheCreation", [70]],
    ["claude-code", "cacheRead", [7000]],
    ["claude-code", "input", [861]],
    ["claude-code", "output", [280]],
  ]);
  const cost = await storage.metrics.query({ metric: "claude_code.cost.usage", aggregate: "sum", ...range });
  expect(cost.map(({ points }) => points.map(({ value }) => value))).toEqual([[expect.closeTo(0.0152425, 9)]]);
});

test("decisions of Claude Code and Codex are those that were made", async () => {
  const { storage, url } = await openServer();
  for (const client of ["claude-code-json", "codex-exec", "codex-app-server"])
    for (const request of recordedRequests(client)) await send(url, request);
  const { items } = await storage.audit.query({}, { order: "oldest", limit: 100 });
  const told = items.flatMap(({ action, agentId, decision, sessionId, payload }) => {
    const { tool, toolCallId, decisionSource } = payload as Record<string, string>;
    return decision === "allow" || decision === "deny"
      ? [[agentId, sessionId?.slice(0, 8), action, tool, toolCallId, decision, decisionSource].join(" ")]
      : [];
  });
  expect(told).toEqual([
    "claude-code b9238121 policy_decision Read toolu_01Recorded00 allow user_permanent",
    "claude-code b9238121 policy_decision Bash toolu_01Recorded10 allow config",
    "claude-code b9238121 policy_decision Bash toolu_01Recorded20 deny config",
    "claude-code b9238121 policy_decision Edit toolu_01Recorded40 deny hook",
    "claude-code b9238121 policy_decision Read toolu_01Recorded50 allow user_permanent",
    "codex_exec 01a22ecc policy_decision exec_command call_recorded0 allow Config",
    "codex_exec 01a22ecc tool_call exec_command call_recorded1 deny rule",
    "codex_exec 01a22ecc tool_call exec_command call_recorded2 deny rule",
    "codex-app-server 01a22ece policy_decision exec_command call_recorded0 allow User",
    "codex-app-server 01a22ece policy_decision exec_command call_recorded1 allow User",
    "codex-app-server 01a22ece policy_decision exec_command call_recorded2 deny User",
    "codex-app-server 01a22ece tool_call exec_command call_recorded2 deny user",
  ]);
});
