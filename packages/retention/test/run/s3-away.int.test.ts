import { describe, expect, it, vi } from "vitest";
import { openArchive } from "../../src/archive/open-archive.js";
import { planRetention } from "../../src/plan/make-plan.js";
import { applyRetention, runPlan } from "../../src/run/run-retention.js";
import { s3OfFile, s3Options, TIMEOUT_MS, timePassesInSilence } from "../archive/support/s3.js";
import { type Fault, startS3Proxy } from "../archive/support/s3-proxy.js";
import { add, all, memoryStore, NOW } from "../support/store.js";

const now = new Date(NOW);
const s3 = s3OfFile();
const DENIED = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
const BROKEN = "<Error><Code>InternalError</Code><Message>We encountered an internal error</Message></Error>";
let tests = 0;

async function agedStore() {
  const storage = memoryStore();
  await add(storage, [
    { day: 30, count: 30 },
    { day: 31, count: 20 },
    { day: 2, count: 5 },
  ]);
  return { storage, before: await all(storage.audit.stream()) };
}

describe("a run whose archive is on S3", () => {
  it.each<[what: string, pattern: RegExp, fault: Fault, code: string]>([
    ["answers 500", /^PUT .*\.parquet/, { status: 500, body: BROKEN }, "unavailable"],
    ["does not answer", /^PUT .*\.parquet/, "hang", "timeout"],
    ["denies access", /^PUT .*\.parquet/, { status: 403, body: DENIED }, "permission_denied"],
    ["denies the manifest", /^PUT .*\.json/, { status: 403, body: DENIED }, "permission_denied"],
    ["cuts what is read back short", /^GET .*\.parquet/, "halve", "corrupt"],
    ["alters what is read back", /^GET .*\.parquet/, "flip", "corrupt"],
  ])("that %s drops nothing, says why, and the next run moves everything once", async (_what, pattern, fault, code) => {
    const { storage, before } = await agedStore();
    const proxy = await startS3Proxy(s3.server.endpoint);
    const archiveUrl = `s3://test/run-${tests++}`;
    const policy = { archiveUrl, audit: { hotDays: 10, warmDays: 20, coldAction: "archive" as const } };
    const through = { s3: { ...s3Options(s3.server), endpoint: proxy.endpoint }, timeoutMs: TIMEOUT_MS };
    const openOne = (url: string) => openArchive(url, through);
    if (fault === "hang") timePassesInSilence(proxy);
    proxy.fault = (line) => (pattern.test(line) ? fault : undefined);
    const failed = await runPlan(storage, await planRetention(storage, policy, { now }), { openArchive: openOne });
    expect(failed).toMatchObject({ outcome: "failed", rows: 0, archivedRows: 0 });
    expect(failed.failures[0]?.error).toMatchObject({ code });
    expect(await all(storage.audit.stream())).toEqual(before);
    vi.useRealTimers();
    proxy.fault = () => undefined;
    const report = await applyRetention(storage, policy, { now, openArchive: openOne });
    expect(report, report.detail).toMatchObject({ outcome: "succeeded", rows: 50 });
    await using archive = await openArchive(archiveUrl, { s3: s3Options(s3.server) });
    expect([...(await all(archive.events())), ...(await all(storage.audit.stream()))]).toEqual(before);
    for await (const file of archive.verify()) expect(file.status).toBe("ok");
  });
});
