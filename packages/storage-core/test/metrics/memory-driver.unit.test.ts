import { describe, expect, it } from "vitest";
import { MemoryMetricDriver, openMemoryStorage } from "../../src/memory/index.js";
import { percentileCont } from "../../src/metrics/driver/totals.js";
import { createMetricStore } from "../../src/metrics/store/create-store.js";

const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 0, 1, 0, minute, second));
const store = (limits: ConstructorParameters<typeof MemoryMetricDriver>[0]) =>
  createMetricStore(new MemoryMetricDriver(limits), openMemoryStorage().audit);
const sample = (minute: number, value: number, second = 0) => ({ ts: at(minute, second), metric: "tokens", value });

describe("percentileCont", () => {
  it.each([
    [[1], 0.95, 1],
    [[1, 2], 0.5, 1.5],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[10, 20, 30, 40, 50], 0.95, 48],
  ])("%j at %d is %d", (values, fraction, expected) =>
    expect(percentileCont(values, fraction)).toBeCloseTo(expected, 10),
  );
});

describe("MemoryMetricDriver beyond its bounds", () => {
  const filled = async () => {
    const metrics = store({ maxSamples: 100, maxMinutes: 1000 });
    for (let minute = 0; minute < 50; minute++) {
      await metrics.record(Array.from({ length: 10 }, (_, second) => sample(minute, minute + second, second)));
    }
    return metrics;
  };

  it("keeps sums, counts, extremes and last values exact over whole minutes", async () => {
    const metrics = await filled();
    const range = { metric: "tokens", from: at(0), to: at(50) };
    const value = async (aggregate: "sum" | "count" | "min" | "max" | "last") =>
      (await metrics.query({ ...range, aggregate }))[0]?.points[0]?.value;
    expect(await value("count")).toBe(500);
    expect(await value("sum")).toBe(10 * ((49 * 50) / 2) + 50 * 45);
    expect(await value("min")).toBe(0);
    expect(await value("max")).toBe(58);
    expect(await value("last")).toBe(58);
    const hourly = await metrics.query({ ...range, aggregate: "count", bucket: { every: "10m" } });
    expect(hourly[0]?.points.map((point) => point.value)).toEqual([100, 100, 100, 100, 100]);
  });

  it("refuses what minutes cannot answer instead of answering wrongly", async () => {
    const metrics = await filled();
    const refused = { code: "unsupported" };
    await expect(metrics.query({ metric: "tokens", from: at(0), to: at(50), aggregate: "p95" })).rejects.toMatchObject(
      refused,
    );
    await expect(
      metrics.query({ metric: "tokens", from: at(0, 5), to: at(50), aggregate: "sum" }),
    ).rejects.toMatchObject(refused);
    const recent = await metrics.query({ metric: "tokens", from: at(45), to: at(50), aggregate: "p50" });
    expect(recent).toHaveLength(1);
  });

  it("forgets the oldest minutes at the bound, and says where memory begins", async () => {
    const metrics = store({ maxSamples: 10, maxMinutes: 20 });
    for (let minute = 0; minute < 100; minute++) await metrics.record([sample(minute, 1)]);
    await expect(metrics.query({ metric: "tokens", from: at(0), to: at(100), aggregate: "sum" })).rejects.toThrow(
      /no longer in memory/,
    );
    const [series] = await metrics.query({ metric: "tokens", from: at(95), to: at(100), aggregate: "sum" });
    expect(series?.points[0]?.value).toBe(5);
  });
});
