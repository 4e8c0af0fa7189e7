import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect, test } from "vitest";
import { readUsage, usageFields } from "../../src/commands/status/usage.js";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 2, 8, 10);

/** A store in memory that claims to keep metrics, as a database does. */
function keptStorage(): StorageBackend {
  const storage = openMemoryStorage();
  const capabilities = { ...storage.capabilities, metricsPersistence: { status: "supported" } } as const;
  return { ...storage, capabilities, metrics: storage.metrics, audit: storage.audit };
}

async function deny(storage: StorageBackend, daysAgo: number, count: number): Promise<void> {
  await storage.audit.append(
    Array.from({ length: count }, (_, n) => ({
      ts: new Date(NOW - daysAgo * DAY_MS - n),
      agentId: "a",
      action: "policy_decision",
      decision: "deny",
    })),
    { limits: { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY } },
  );
}

test("today against the mean of the seven days before", async () => {
  const storage = keptStorage();
  await storage.metrics.define({ name: "cost_usd", unit: "USD", kind: "delta", decimals: 6 });
  await storage.metrics.define({ name: "spend", unit: "EUR", kind: "delta" });
  await storage.metrics.define({ name: "balance", unit: "EUR", kind: "gauge" });
  const sample = (metric: string, daysAgo: number, value: number) => ({
    ts: new Date(NOW - daysAgo * DAY_MS),
    metric,
    value,
  });
  await storage.metrics.record([
    ...[1, 2, 3, 4, 5, 6, 7].map((day) => sample("tokens", day, 1000)),
    sample("tokens", 8, 99_999),
    sample("tokens", 0, 12_345),
    sample("cost_usd", 0, 0.25),
    sample("spend", 30, 5),
    sample("balance", 0, 5),
    sample("queue", 0, 5),
  ]);
  await deny(storage, 0, 12);
  await deny(storage, 1, 58);
  const usages = await readUsage(storage, NOW);
  expect(usages).toEqual([
    { metric: "cost_usd", unit: "USD", today: 0.25, dailyMean: 0 },
    { metric: "tokens", today: 12_345, dailyMean: 1000 },
    { metric: "denials", unit: "events", today: 12, dailyMean: 58 / 7 },
  ]);
  expect(usageFields(usages)).toEqual([
    ["cost today", "0.25 USD (7 days before: 0 a day)"],
    ["tokens today", "12,345 (7 days before: 1,000 a day, +1135%)"],
    ["denials today", "12 (7 days before: 8.3 a day, +45%)"],
  ]);
});

test("nothing happened, or it took too long", async () => {
  const storage = keptStorage();
  expect(await readUsage(storage, NOW)).toEqual([]);
  expect(usageFields(null)).toEqual([]);
});

test("where samples are not kept, only denials are asked for", async () => {
  const storage = openMemoryStorage();
  await storage.metrics.record([{ ts: new Date(NOW), metric: "tokens", value: 5 }]);
  await deny(storage, 2, 7);
  expect(await readUsage(storage, NOW)).toEqual([{ metric: "denials", unit: "events", today: 0, dailyMean: 1 }]);
});

test("an error is shown, and the rest with it", async () => {
  const storage = keptStorage();
  await deny(storage, 0, 3);
  const broken = {
    ...storage,
    metrics: {
      ...storage.metrics,
      query: storage.metrics.query,
      list: () => Promise.reject(new StorageError({ code: "internal", message: "no table\nmore" })),
    },
  };
  const usages = await readUsage(broken, NOW);
  expect(usageFields(usages)).toEqual([
    ["metrics today", "not known: no table"],
    ["denials today", "3 (7 days before: 0 a day)"],
  ]);
  const down = {
    ...storage,
    metrics: {
      ...broken.metrics,
      query: () => Promise.reject(new StorageError({ code: "internal", message: "gone" })),
    },
  };
  expect(await readUsage(down, NOW)).toEqual([
    { metric: "metrics", today: null, dailyMean: null, error: "no table\nmore" },
    { metric: "denials", today: null, dailyMean: null, error: "gone" },
  ]);
});
