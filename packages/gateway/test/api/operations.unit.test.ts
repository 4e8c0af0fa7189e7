import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createSealer,
  generateSignerKey,
  parseSignerKey,
  parseVerifierKey,
  verifyStore,
} from "@agent-assembly/evidence";
import type { AgentStorage } from "@agent-assembly/storage";
import { StorageError, type StorageHealth } from "@agent-assembly/storage-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { sentEvent, store } from "./support/events.js";
import { identity, type TestApi, testApi } from "./support/test-api.js";

const DAY = 86_400_000;
const POLICY = { audit: { hotDays: 30, warmDays: 90, coldAction: "drop" } } as const;
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY };

/** One event of today and three that are older than the policy keeps. */
async function withOldEvents(api: TestApi): Promise<void> {
  const old = new Date(Date.now() - 200 * DAY).toISOString();
  await store(api, sentEvent(), ...[1, 2, 3].map(() => sentEvent({ ts: old })));
}

describe("retention", () => {
  it("plans what a run would do, and lists partitions and runs", async () => {
    const api = await testApi({ retention: { policy: POLICY }, limits: LIMITS });
    await withOldEvents(api);
    const plan = await api.call("GET", "/retention/plan");
    expect(plan.body.items).toMatchObject([{ action: "drop", rows: 3, rule: "default" }]);
    expect((await api.call("GET", "/retention/partitions")).body.items).toHaveLength(2);
    expect((await api.call("GET", "/retention/runs")).body.items).toEqual([]);
    expect((await api.call("POST", "/admin/retention-policy/run")).status).toBe(200);
    expect((await api.call("GET", "/retention/runs?limit=1")).body.items).toMatchObject([
      { outcome: "succeeded", rows: 3 },
    ]);
    expect((await api.call("GET", "/retention/runs?limit=0")).status).toBe(400);
  });

  it("answers that there is no policy where the gateway was made without one", async () => {
    const api = await testApi({ backend: "memory" });
    for (const path of ["/retention/plan", "/admin/retention-policy"]) {
      const { status, body } = await api.call("GET", path);
      expect([status, body.code]).toEqual([501, "unsupported"]);
    }
  });

  it("places and releases holds, and records who did", async () => {
    const api = await testApi();
    const json = { agentId: "bot", from: "2026-01-01T00:00:00Z", reason: "case 1" };
    const placed = await api.call("POST", "/retention/holds", { json });
    expect(placed.body).toMatchObject({ state: "in_force", actor: "operator", agentId: "bot" });
    const path = `/retention/holds/${placed.body.holdId}/release`;
    const released = await api.call("POST", path, { as: identity("ann"), json: { reason: "closed" } });
    expect(released.body).toMatchObject({ state: "released", release: { actor: "ann", reason: "closed" } });
    expect((await api.call("POST", path, { json: { reason: "again" } })).status).toBe(409);
    const unknown = "/retention/holds/019ad4c2-7f00-7000-8000-000000000001/release";
    expect((await api.call("POST", unknown, { json: { reason: "x" } })).status).toBe(404);
    expect((await api.call("POST", "/retention/holds/1/release", { json: { reason: "x" } })).status).toBe(400);
    expect((await api.call("POST", "/retention/holds", { json: {} })).body.option).toBe("reason");
    const reversed = { from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z", reason: "x" };
    expect((await api.call("POST", "/retention/holds", { json: reversed })).status).toBe(400);
    expect((await api.call("GET", "/retention/holds")).body.items).toEqual([]);
    expect((await api.call("GET", "/retention/holds?released=true")).body.items).toHaveLength(1);
  });

  it("archives, and lists the archives", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aasm-gateway-archive-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const archiveUrl = pathToFileURL(folder).href;
    const policy = { audit: { ...POLICY.audit, coldAction: "archive" }, archiveUrl } as const;
    const api = await testApi({ retention: { policy }, limits: LIMITS });
    await withOldEvents(api);
    const { body } = await api.call("POST", "/admin/retention-policy/run", { json: {} });
    expect(body).toMatchObject({ archived_rows: 3, dropped_rows: 0, dry_run: false });
    expect((await api.call("GET", "/archives")).body.items).toMatchObject([{ state: "dropped", rows: 3 }]);
    expect((await api.call("GET", "/archives?state=writing")).body.items).toEqual([]);
    expect((await api.call("GET", "/archives?state=lost")).status).toBe(400);
    expect(existsSync(folder)).toBe(true);
  });
});

describe("the retention policy in the form of the first gateway", () => {
  it("is shown, replaced until the gateway stops, and recorded", async () => {
    const api = await testApi({ retention: { policy: POLICY, schedule: "0 3 * * *" } });
    const before = await api.call("GET", "/admin/retention-policy");
    expect(before.body).toEqual({
      hot_days: 30,
      warm_days: 90,
      cold_action: "drop",
      archive_url: null,
      dry_run: false,
      schedule: "0 3 * * *",
      last_run: null,
    });
    const json = { hot_days: 7, warm_days: 14, cold_action: "archive", archive_url: "s3://bucket/prefix" };
    expect((await api.call("PUT", "/admin/retention-policy", { json })).body).toMatchObject(json);
    expect((await api.call("GET", "/admin/retention-policy")).body).toMatchObject(json);
    const { body } = await api.call("GET", "/events?action=governance&payloads=full");
    expect(body.items[0].payload).toMatchObject({
      change: "retention.policy_changed",
      actor: "operator",
      before: POLICY.audit,
      after: json,
    });
  });

  it.each([
    [{ hot_days: 0 }, "retention_policy_invalid_hot_days", "hot_days"],
    [{ warm_days: 30 }, "retention_policy_invalid_warm_days", "warm_days"],
    [{ cold_action: "archive" }, "retention_policy_missing_archive_url", "archive_url"],
    [{ cold_action: "archive", archive_url: "gs://b" }, "retention_policy_invalid_archive_url", "archive_url"],
    [{ cold_action: "archive", archive_url: "s3://k:s@b" }, "retention_policy_invalid_archive_url", "archive_url"],
    [{ cold_action: "burn" }, undefined, "cold_action"],
    [{ hot_days: "7" }, undefined, "hot_days"],
  ])("refuses %j and stays as it is", async (change, code, option) => {
    const api = await testApi({ backend: "memory", retention: { policy: POLICY } });
    const json = { hot_days: 30, warm_days: 90, cold_action: "drop", ...change };
    const { status, body } = await api.call("PUT", "/admin/retention-policy", { json });
    expect([status, body.error_code, body.option]).toEqual([400, code, option]);
    expect((await api.call("GET", "/admin/retention-policy")).body.warm_days).toBe(90);
  });

  it("says what a run would do, and does it", async () => {
    const api = await testApi({ retention: { policy: POLICY }, limits: LIMITS });
    await withOldEvents(api);
    const planned = await api.call("POST", "/admin/retention-policy/run", { json: { dry_run: true } });
    expect(planned.body).toMatchObject({ dropped_rows: 3, dry_run: true });
    expect(await api.storage.audit.count({ agentId: "bot" })).toBe(4);
    const done = await api.call("POST", "/admin/retention-policy/run", { json: { dry_run: false } });
    expect(done.body).toMatchObject({ dropped_rows: 3, dry_run: false });
    expect(await api.storage.audit.count({ agentId: "bot" })).toBe(1);
    expect((await api.call("GET", "/admin/retention-policy")).body.last_run.dropped_rows).toBe(3);
  });

  it("states in the log of a sealed store what a run drops, so that nothing passes for deleted", async () => {
    const api = await testApi({ retention: { policy: POLICY }, limits: LIMITS });
    await withOldEvents(api);
    const { signerKey, verifierKey } = generateSignerKey("test.example/log");
    const sealer = createSealer(api.storage, { key: parseSignerKey(signerKey), origin: "test.example/log" });
    await sealer.init();
    await sealer.sealOnce();
    const done = await api.call("POST", "/admin/retention-policy/run", { json: {} });
    expect(done.body).toMatchObject({ dropped_rows: 3 });
    const [run] = await api.storage.retentionSupport.runs({ limit: 1 });
    expect(run).toMatchObject({ outcome: "succeeded", detail: "" });
    await sealer.sealOnce();
    const { findings } = await verifyStore(api.storage, { keys: [parseVerifierKey(verifierKey)] });
    expect(findings).toEqual([]);
  });

  it("answers retention_run_failed when the run failed", async () => {
    const policy = { audit: { ...POLICY.audit, coldAction: "archive" }, archiveUrl: "file:///dev/null/x" } as const;
    const api = await testApi({ retention: { policy }, limits: LIMITS });
    await withOldEvents(api);
    const { status, body } = await api.call("POST", "/admin/retention-policy/run");
    expect([status, body.error_code]).toEqual([500, "retention_run_failed"]);
    expect(JSON.stringify(body)).not.toContain("/dev/null");
    expect(await api.storage.audit.count({ agentId: "bot" })).toBe(4);
  });
});

/** A store whose health is another one. */
function withHealth(storage: AgentStorage, health: Partial<StorageHealth>): AgentStorage {
  const changed = async (): Promise<StorageHealth> => ({ ...(await storage.health()), ...health });
  return new Proxy(storage, { get: (target, name) => (name === "health" ? changed : Reflect.get(target, name)) });
}

describe("GET /admin/status", () => {
  it("has the names of the first gateway", async () => {
    const api = await testApi();
    await store(api, sentEvent());
    await api.call("POST", "/agents", { json: { agentId: "a" } });
    const { body } = await api.call("GET", "/admin/status");
    expect(Object.keys(body)).toEqual(["mode", "version", "uptime_secs", "storage"]);
    expect(body.storage).toMatchObject({
      backend: "sqlite",
      path: expect.stringContaining("audit.db"),
      health: "ok",
      latency_ms: expect.any(Number),
      row_counts: { audit_events_hot: 2, agents: 1, policy_versions: 0 },
    });
  });

  it("answers also when the store is down", async () => {
    const down = { status: "down", problems: ["the database cannot be reached"] } as const;
    const api = await testApi({ wrap: (storage) => withHealth(storage, down) });
    const { status, body } = await api.call("GET", "/admin/status");
    expect([status, body.storage.health]).toEqual([200, "unavailable"]);
    expect(body.storage.row_counts).toEqual({ audit_events_hot: null, agents: null, policy_versions: null });
  });

  it("shows what TimescaleDB has, and masks the password of a URL", async () => {
    const details = { timescaledb: "community", chunks: 12, compressedChunks: 4, compressionRatio: 4.7 };
    const api = await testApi({
      wrap: (storage) =>
        new Proxy(withHealth(storage, { details }), {
          get: (target, name) =>
            name === "name"
              ? "postgres"
              : name === "location"
                ? "postgres://user:secret@db:5432/audit"
                : Reflect.get(target, name),
        }),
    });
    const { text, body } = await api.call("GET", "/admin/status");
    expect(text).not.toContain("secret");
    expect(body.storage.database_url).toContain("db:5432/audit");
    expect(body.storage.timescaledb).toEqual({
      enabled: true,
      total_chunks: 12,
      compressed_chunks: 4,
      compression_ratio: 4.7,
    });
  });
});

describe("GET /doctor", () => {
  it("finds nothing that needs attention in a new store", async () => {
    const api = await testApi();
    const { body } = await api.call("GET", "/doctor");
    expect(body.status).toBe("ok");
    expect(body.findings.every(({ severity }: { severity: string }) => severity === "note")).toBe(true);
    expect(body.capabilities.durability).toEqual({ status: "supported" });
  });

  it("puts what is worse first, and answers when the store is down", async () => {
    const degraded = { status: "degraded", problems: ["the disk is nearly full"], notes: ["no replica"] } as const;
    const api = await testApi({ wrap: (storage) => withHealth(storage, degraded) });
    const { body } = await api.call("GET", "/doctor");
    expect(body.status).toBe("degraded");
    expect(body.findings[0]).toEqual({
      severity: "warning",
      code: "store_degraded",
      message: "the disk is nearly full",
    });
    const down = await testApi({ wrap: (storage) => withHealth(storage, { status: "down", problems: ["away"] }) });
    const answer = await down.call("GET", "/doctor");
    expect([answer.body.status, answer.body.findings[0].severity]).toEqual(["down", "error"]);
  });

  it("tells of a check that failed, and of a run that failed", async () => {
    const failing = (storage: AgentStorage): AgentStorage => {
      const retentionSupport = {
        conflictingPolicies: async () => {
          throw new StorageError({ code: "unavailable", message: "secret-host is away" });
        },
        runs: async () => [{ outcome: "failed", detail: "no space" }],
      };
      return new Proxy(storage, {
        get: (target, name) => (name === "retentionSupport" ? retentionSupport : Reflect.get(target, name)),
      });
    };
    const api = await testApi({ backend: "memory", wrap: failing });
    const { body, text } = await api.call("GET", "/doctor");
    expect(text).not.toContain("secret-host");
    expect(body.findings.slice(0, 2)).toMatchObject([
      { severity: "error", code: "check_unavailable" },
      { severity: "warning", code: "retention_failed", message: expect.stringContaining("no space") },
    ]);
  });
});

describe("GET /logs", () => {
  it("pages by number and by cursor, and a bad filter is an error", async () => {
    const api = await testApi();
    await store(api, ...Array.from({ length: 7 }, (_, n) => sentEvent({ sessionId: n === 0 ? undefined : "s" })));
    const first = await api.call("GET", "/logs?per_page=3&event_type=tool_call&agent_id=bot");
    expect(first.body).toMatchObject({ page: 1, per_page: 3, total: 7 });
    expect(JSON.parse(first.body.items[0].payload).tool).toBe("search");
    const second = await api.call("GET", "/logs?per_page=3&page=2&event_type=tool_call&agent_id=bot");
    const next = `/logs?per_page=3&event_type=tool_call&agent_id=bot&cursor=${encodeURIComponent(first.body.next)}`;
    expect((await api.call("GET", next)).body.items).toEqual(second.body.items);
    expect((await api.call("GET", "/logs?per_page=3&page=9")).body.items).toEqual([]);
    expect((await api.call("GET", "/logs?page=0")).body.option).toBe("page");
    expect((await api.call("GET", "/logs?page=1&cursor=x")).status).toBe(400);
    expect((await api.call("GET", "/logs?page=10000&per_page=100")).status).toBe(413);
    expect((await api.call("GET", "/logs?agentId=bot")).status).toBe(400);
  });

  it("shows a team's token only the events of the team", async () => {
    const api = await testApi();
    await store(api, sentEvent({ teamId: "care" }), sentEvent());
    const { body } = await api.call("GET", "/logs", { as: identity("care", ["read"], "care") });
    expect([body.items.length, body.total]).toEqual([1, 1]);
  });
});

it("GET /whoami says who asks", async () => {
  const api = await testApi({ backend: "memory" });
  const { body } = await api.call("GET", "/whoami", { as: identity("care", ["read", "ingest"], "care") });
  expect(body).toEqual({ name: "care", scopes: ["ingest", "read"], teamId: "care" });
});
