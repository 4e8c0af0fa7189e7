import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PartitionStore, StorageError } from "@agent-assembly/storage-core";
import type { RetentionSupport } from "@agent-assembly/storage-core/backend";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openArchive } from "../../src/archive/open-archive.js";
import { planRetention } from "../../src/plan/make-plan.js";
import type { RunProgress } from "../../src/run/progress.js";
import { applyRetention, runPlan } from "../../src/run/run-retention.js";
import { tempFolder } from "../archive/support/temp-folder.js";
import { add, all, memoryStore, NOW } from "../support/store.js";

const now = new Date(NOW);

async function archivingStore() {
  const storage = memoryStore();
  await add(storage, [
    { day: 30, count: 30 },
    { day: 31, count: 20 },
    { day: 2, count: 5 },
  ]);
  const folder = tempFolder();
  const url = `file://${folder}/archive`;
  const policy = { audit: { hotDays: 10, warmDays: 20, coldAction: "archive" as const }, archiveUrl: url };
  const before = await all(storage.audit.stream());
  return { storage, folder: join(folder, "archive"), url, policy, before };
}

async function archived(url: string) {
  await using archive = await openArchive(url);
  return all(archive.events());
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .toSorted();
}

describe("a run that archives", () => {
  it("moves each event from the store to the archive, step after step, and records it", async () => {
    const { storage, url, policy, before } = await archivingStore();
    const seen: RunProgress[] = [];
    const plan = await planRetention(storage, policy, { now });
    const report = await runPlan(storage, plan, { onProgress: (progress) => seen.push(progress) });
    expect(report).toMatchObject({ outcome: "succeeded", rows: 50, archivedRows: 50, failures: [], detail: "" });
    const live = await all(storage.audit.stream());
    expect(live).toHaveLength(5);
    expect([...(await archived(url)), ...live]).toEqual(before);
    const steps = seen.flatMap((one) => (one.kind === "archive" ? [one.step] : []));
    const each = ["recorded", "written", "published", "verified", "dropped", "finished"];
    expect(steps).toEqual([...each, ...each]);
    expect(await storage.retentionSupport.archives()).toMatchObject([
      { state: "dropped", rows: 20, url },
      { state: "dropped", rows: 30, url },
    ]);
    expect(await storage.retentionSupport.runs()).toMatchObject([
      { runId: report.runId, outcome: "succeeded", rows: 50, detail: "" },
    ]);
    expect((await planRetention(storage, policy, { now })).items).toEqual([]);
  });

  it("drops nothing where the archive cannot be written, says why, and does it next time", async () => {
    const { storage, folder, url, policy, before } = await archivingStore();
    writeFileSync(folder, "a file where the folder should be");
    const plan = await planRetention(storage, policy, { now });
    const report = await runPlan(storage, plan);
    expect(report).toMatchObject({ outcome: "failed", rows: 0 });
    expect(report.failures).toHaveLength(1);
    expect(report.failures[0]?.error.message).toContain(folder);
    expect(await all(storage.audit.stream())).toEqual(before);
    expect(await storage.retentionSupport.archives()).toEqual([]);
    writeFileSync(`${folder}.old`, readFileSync(folder));
    const elsewhere = url.replace("/archive", "/other");
    const again = await planRetention(storage, { ...policy, archiveUrl: elsewhere }, { now });
    expect(await runPlan(storage, again)).toMatchObject({ outcome: "succeeded", rows: 50 });
    expect([...(await archived(elsewhere)), ...(await all(storage.audit.stream()))]).toEqual(before);
  });

  it("continues with items that need no archive when the archive is unavailable", async () => {
    const { storage, policy } = await archivingStore();
    await add(storage, [{ day: 30, count: 7, action: "debug" }]);
    const rules = [{ name: "debug", action: ["debug"], warmDays: 5, coldAction: "drop" as const }];
    const audit = { ...policy.audit, rules };
    const plan = await planRetention(storage, { ...policy, audit }, { now });
    const openAway = async () => {
      throw new StorageError({ code: "unavailable", message: "the bucket does not answer" });
    };
    const report = await runPlan(storage, plan, { openArchive: openAway });
    expect(report).toMatchObject({ outcome: "failed", rows: 7, failures: [{ error: { code: "unavailable" } }] });
    expect(await storage.audit.count()).toBe(55);
  });

  it("stops between two steps when told to, and the next run finishes what was verified", async () => {
    const { storage, url, policy, before } = await archivingStore();
    const stop = new AbortController();
    const plan = await planRetention(storage, policy, { now });
    const report = await runPlan(storage, plan, {
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.kind === "archive" && progress.step === "verified") stop.abort(new Error("enough"));
      },
    });
    expect(report).toMatchObject({ outcome: "interrupted", rows: 0, detail: "interrupted: enough" });
    expect(await storage.audit.count()).toBe(55);
    expect(await storage.retentionSupport.archives()).toMatchObject([{ state: "verified", rows: 20 }]);
    const next = await planRetention(storage, policy, { now });
    expect(next.unfinished).toHaveLength(1);
    expect(next.items).toHaveLength(1);
    expect(await runPlan(storage, next)).toMatchObject({ outcome: "succeeded", rows: 50, archivedRows: 50 });
    expect([...(await archived(url)), ...(await all(storage.audit.stream()))]).toEqual(before);
  });

  it("does not drop what it archived before when a byte of the file has changed since", async () => {
    const { storage, folder, policy, before } = await archivingStore();
    const stop = new AbortController();
    await runPlan(storage, await planRetention(storage, policy, { now }), {
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.kind === "archive" && progress.step === "verified") stop.abort(new Error("enough"));
      },
    });
    const [parquet] = files(folder).filter((path) => path.endsWith(".parquet"));
    const path = join(folder, parquet as string);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(path, bytes);
    const report = await runPlan(storage, await planRetention(storage, policy, { now }));
    expect(report.outcome).toBe("failed");
    expect(report.failures).toMatchObject([{ error: { code: "retention_failed" } }]);
    expect(report.detail).toContain(parquet as string);
    // The other day went.
    expect(report.rows).toBe(30);
    expect((await all(storage.audit.stream({ to: before[20]?.ts }))).length).toBe(20);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(path, bytes);
    expect(await runPlan(storage, await planRetention(storage, policy, { now }))).toMatchObject({
      outcome: "succeeded",
      rows: 20,
    });
  });

  it("removes the files of an attempt that was cut off, whatever there is of it", async () => {
    const { storage, folder, url, policy, before } = await archivingStore();
    const plan = await planRetention(storage, policy, { now });
    const broken = breaking(storage.retentionSupport, "recordArchive", 2);
    // As if the process had died: its own clean-up does not work either.
    const archives: RetentionSupport["archives"] = async (options) => {
      const known = await storage.retentionSupport.archives(options);
      return known.length === 0 ? known : fail();
    };
    const report = await runPlan(
      { ...storage, retentionSupport: { ...broken, archives } },
      { ...plan, items: plan.items.slice(0, 1) },
    );
    expect(report).toMatchObject({ outcome: "failed", rows: 0, failures: [{ error: { message: "as if" } }] });
    expect(files(folder).some((path) => path.includes("_manifests"))).toBe(true);
    expect(await storage.retentionSupport.archives()).toMatchObject([{ state: "writing" }]);
    expect(await runPlan(storage, await planRetention(storage, policy, { now }))).toMatchObject({
      outcome: "succeeded",
      rows: 50,
    });
    expect([...(await archived(url)), ...(await all(storage.audit.stream()))]).toEqual(before);
    expect(files(folder)).toHaveLength(4);
  });
});

describe("a run", () => {
  it("is refused while another one owns the store", async () => {
    const storage = memoryStore();
    const lease = await storage.retentionSupport.lease("retention", 5000);
    await expect(applyRetention(storage, {})).rejects.toMatchObject({ code: "busy" });
    await lease?.release();
    expect(await applyRetention(storage, {})).toMatchObject({ outcome: "succeeded", rows: 0 });
  });

  it("is refused, and recorded as failed, beside something else that removes rows", async () => {
    const storage = memoryStore();
    await add(storage, [{ day: 3000, count: 1 }]);
    const foreign = [{ dataset: "audit" as const, description: "job 7 drops chunks", remedy: "remove job 7" }];
    const retentionSupport = { ...storage.retentionSupport, conflictingPolicies: async () => foreign };
    await expect(applyRetention({ ...storage, retentionSupport }, {})).rejects.toMatchObject({
      code: "retention_failed",
      message: expect.stringMatching(/job 7 drops chunks; remove job 7/),
    });
    expect(await storage.audit.count()).toBe(1);
    expect(await storage.retentionSupport.runs()).toMatchObject([
      { outcome: "failed", detail: expect.stringMatching(/job 7/) },
    ]);
  });

  it("records the runs whose processes are gone as interrupted", async () => {
    const storage = memoryStore();
    const startedAt = new Date(NOW);
    await storage.retentionSupport.recordRun({
      runId: "gone",
      startedAt,
      outcome: "running",
      rows: 0,
      bytes: 0,
      detail: "",
    });
    await applyRetention(storage, {});
    const runs = await storage.retentionSupport.runs();
    expect(runs.find(({ runId }) => runId === "gone")).toMatchObject({ outcome: "interrupted" });
  });

  it("ends when its lease is lost, and leaves the record to the new owner", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const storage = memoryStore();
    await add(storage, [
      { day: 3000, count: 1 },
      { day: 3001, count: 1 },
    ]);
    let waiting = 0;
    const retentionSupport: RetentionSupport = {
      ...storage.retentionSupport,
      lease: async (name, ttlMs) => {
        const lease = await storage.retentionSupport.lease(name, ttlMs);
        return lease === undefined ? undefined : { ...lease, renew: async () => false };
      },
    };
    const partitions: PartitionStore = {
      ...storage.partitions,
      drop: async (partition, options) => {
        waiting++;
        // In the middle of a step the time comes to renew.
        vi.advanceTimersByTime(1000);
        await new Promise((resolve) => options.signal?.addEventListener("abort", resolve));
        options.signal?.throwIfAborted();
        return storage.partitions.drop(partition, options);
      },
    };
    const report = await applyRetention({ ...storage, partitions, retentionSupport }, {}, { leaseMs: 3000 });
    expect(report).toMatchObject({ outcome: "interrupted", rows: 0 });
    expect(report.detail).toMatch(/another process took over/);
    expect(waiting).toBe(1);
    expect(await storage.audit.count()).toBe(2);
  });

  it("waits for a chunk that is being read, then resumes with the remaining rows", async () => {
    const storage = memoryStore();
    await add(storage, [{ day: 3000, count: 9 }]);
    const partitions = breaking(storage.partitions, "drop", 1, "busy");
    expect(await applyRetention({ ...storage, partitions }, {})).toMatchObject({ outcome: "succeeded", rows: 9 });
  });
});

async function fail(): Promise<never> {
  throw new Error("the process is gone");
}

/** Fails at the given call of a method, once. */
function breaking<R extends object>(role: R, method: keyof R, at: number, code: "busy" | "internal" = "internal"): R {
  let calls = 0;
  const original = role[method] as (...args: unknown[]) => Promise<unknown>;
  return {
    ...role,
    [method]: async (...args: unknown[]) => {
      if (++calls === at) throw new StorageError({ code, message: "as if" });
      return original(...args);
    },
  };
}
