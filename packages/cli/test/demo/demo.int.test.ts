import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSample, SAMPLE_SPAN_MS } from "../../src/commands/demo/sample.js";
import { StopRequest } from "../../src/terminal/host.js";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();

describe("the sample", () => {
  const sample = createSample();

  test("is the same every time, with ids of its own, within its span", () => {
    expect(createSample()).toEqual(sample);
    expect(new Set(sample.map((event) => event.eventId)).size).toBe(sample.length);
    expect(sample.length).toBeGreaterThan(1000);
    expect(sample.length).toBeLessThan(1500);
    for (const { beforeAnchorMs } of sample) {
      expect(beforeAnchorMs).toBeGreaterThanOrEqual(0);
      expect(beforeAnchorMs).toBeLessThan(SAMPLE_SPAN_MS);
    }
  });

  test("shows what there is to see", () => {
    const has = (match: (event: (typeof sample)[number]) => boolean): boolean => sample.some(match);
    expect(has((event) => event.decision === "deny")).toBe(true);
    expect(has((event) => event.decision === "pending")).toBe(true);
    expect(has((event) => event.shadowDecision === "deny")).toBe(true);
    expect(has((event) => event.dryRun === true)).toBe(true);
    expect(has((event) => event.action === "approval")).toBe(true);
    expect(new Set(sample.map((event) => event.agentId)).size).toBeGreaterThan(3);
  });
});

test("demo records once, shows, and ends with the path of the file and how to open the page", async () => {
  const first = await sandbox.run(["demo"]);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  const path = join(sandbox.folder, ".aasm", "local.db");
  expect(first.stdout.endsWith(`File ${path}\nIn a browser aasm dashboard\n`)).toBe(true);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  for (const part of [
    "Recorded 1,",
    "health ok",
    "Latest events",
    "Events per day",
    "█",
    "aasm audit query --decision deny",
    "aasm approvals decide aasm-demo-scale-service approve",
    "aasm metrics anomalies denials --group-by agent --bucket 6h",
    "denials today ",
  ]) {
    expect(first.stdout).toContain(part);
  }
  const count = await sandbox.json(["audit", "count"]);
  const again = await sandbox.run(["demo"]);
  expect(again.stdout).toContain("nothing was stored twice");
  expect(await sandbox.json(["audit", "count"])).toEqual(count);
  const history = await sandbox.json<{ versions: unknown[]; activations: unknown[]; active: number }>([
    "policy",
    "history",
    "demo-guardrails",
  ]);
  expect(history).toMatchObject({
    active: 1,
    versions: [{ version: 1 }],
    activations: [{ kind: "activate", from: null, to: 1 }],
  });
});

test("one request waits for a decision, once", async () => {
  const requestId = "aasm-demo-scale-service";
  const waiting = { requestId, agentId: "infra-operator", state: "pending" };
  expect(await sandbox.json(["approvals", "list"])).toMatchObject({ items: [waiting] });
  const decide = ["approvals", "decide", requestId, "approve", "--yes"];
  expect(await sandbox.json(decide)).toMatchObject({ state: "approved" });
  const again = await sandbox.run(["demo"]);
  expect(again.code).toBe(0);
  expect(again.stdout).not.toContain(`approvals decide ${requestId}`);
  expect(await sandbox.json(["approvals", "show", requestId])).toMatchObject({ state: "approved" });
});

test("the denials of one agent stand out, and approvals have a latency", async () => {
  const anomalies = [
    "metrics",
    "anomalies",
    "denials",
    "--group-by",
    "agent",
    "--bucket",
    "6h",
    "--to",
    "now",
    "--from",
    "7d",
  ];
  const { series } = await sandbox.json<{ series: { key: object; points: { anomaly: boolean }[] }[] }>(anomalies);
  const loud = series.filter(({ points }) => points.some(({ anomaly }) => anomaly));
  expect(loud.map(({ key }) => key)).toEqual([{ agentId: "support-bot" }]);
  const latency = ["metrics", "query", "approvals.latency", "--aggregate", "p95", "--bucket", "none", "--unit", "s"];
  const { stdout } = await sandbox.run([...latency, "--from", "15d"]);
  expect(stdout).toMatch(/^FROM +VALUE \(s\)\n\S+ \S+ +\d/);
});

test("status and agents answer for it", async () => {
  const { events } = await sandbox.json<{ events: number }>(["status"]);
  expect(await sandbox.json(["status"])).toMatchObject({
    status: "ok",
    mode: "local",
    backend: "sqlite",
    location: join(sandbox.folder, ".aasm", "local.db"),
    health: { status: "ok", problems: [] },
    agents: 4,
    policies: 1,
    usage: [{ metric: "denials", unit: "events" }],
  });
  expect(await sandbox.json(["audit", "count"])).toEqual({ count: events });
  const page = await sandbox.json<{ items: { agentId: string }[]; next: string }>(["agents", "list", "--limit", "3"]);
  expect(page.items.map((agent) => agent.agentId)).toEqual(["code-reviewer", "data-analyst", "infra-operator"]);
  const rest = await sandbox.json<{ items: { agentId: string }[] }>([
    "agents",
    "list",
    "--limit",
    "3",
    "--cursor",
    page.next,
  ]);
  expect(rest.items.map((agent) => agent.agentId)).toEqual(["support-bot"]);
  expect((await sandbox.json<{ items: unknown[] }>(["agents", "list", "--mode", "shadow"])).items).toHaveLength(1);
  expect(await sandbox.json(["agents", "show", "support-bot"])).toMatchObject({ teamId: "support", revision: 1 });
  expect((await sandbox.run(["agents", "show", "support-bot"])).stdout).toMatch(
    /metadata +\{"environment"|metadata +\{"model"/,
  );
  expect((await sandbox.run(["agents", "show", "nobody"])).stderr).toContain(
    'not_found: no agent is registered as "nobody"',
  );
  const joined = await sandbox.json<{ rows: { key: object }[] }>([
    "audit",
    "summarize",
    "--group-by",
    "agent.metadata.environment",
  ]);
  expect(joined.rows.map((row) => row.key)).toEqual([
    { "agent.metadata.environment": "production" },
    { "agent.metadata.environment": "staging" },
    // Of changes of policies, which are of no agent.
    { "agent.metadata.environment": null },
  ]);
});

test("status --watch refreshes until Ctrl-C", async () => {
  let reports = 0;
  const stop = new AbortController();
  const result = await sandbox.run(["status", "--watch", "--interval", "1", "--json"], {
    signal: stop.signal,
    onStdout: () => {
      if (++reports === 2) stop.abort(new StopRequest("SIGINT"));
    },
  });
  expect(result.code).toBe(130);
  const [first, second] = result.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { backend: string });
  expect(first?.backend).toBe("sqlite");
  expect(second?.backend).toBe("sqlite");
});

test("migrate: plan, apply, then nothing to do, current and verified", async () => {
  const at = ["--path", "new.db"];
  const planned = await sandbox.json<{ from: number; to: number; steps: unknown[] }>(["migrate", "--plan", ...at]);
  expect(planned.from).toBe(0);
  expect(planned.steps.length).toBeGreaterThan(0);
  expect(await sandbox.json(["migrate", "--status", ...at], 1)).toMatchObject({
    version: 0,
    latest: planned.to,
    current: false,
  });
  expect(await sandbox.json(["migrate", "--verify", ...at], 1)).toMatchObject({ verified: false });
  await expect(stat(join(sandbox.folder, "new.db"))).rejects.toThrow("ENOENT");

  expect(await sandbox.json(["migrate", ...at])).toMatchObject({ from: 0, to: planned.to });
  const version = planned.to;
  expect(await sandbox.json(["migrate", ...at])).toEqual({ from: version, to: version, steps: [] });
  expect(await sandbox.json(["migrate", "--status", ...at])).toEqual({
    version,
    latest: version,
    current: true,
    pending: [],
  });
  expect(await sandbox.json(["migrate", "--verify", ...at])).toEqual({
    verified: true,
    version,
    latest: version,
    drift: [],
    counts: [],
  });
  expect((await sandbox.run(["migrate", "--verify", ...at])).stdout).toContain("is verified");
});
