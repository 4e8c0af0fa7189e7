import { cpSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type ErasureRequest, type NewAuditEvent, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, it, onTestFinished } from "vitest";
import { applyRetention, type Archive, erasableArchives, openArchive, restoreArchive } from "../../src/index.js";
import { collect } from "../archive/support/events.js";
import { tempFolder } from "../archive/support/temp-folder.js";

const NOW = Date.UTC(2026, 10, 28, 9, 30);
const DAY_MS = 86_400_000;
const SECRET = "ann@example.com";
const ANY_AGE = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

function event(n: number): NewAuditEvent {
  return {
    ts: new Date(NOW - 40 * DAY_MS + n * 3_600_000),
    eventId: `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`,
    agentId: `agent-${n % 3}`,
    sessionId: `session-${n % 5}`,
    action: "tool_call",
    decision: "allow",
    payload: { n, to: SECRET },
  };
}

const REQUEST: ErasureRequest = {
  filter: { sessionId: "session-3" },
  parts: ["sessionId", "payload:/to"],
  request: "R1",
  basis: "Art. 17(1)(b)",
};

/** A store of 50 events, of which the older ones are in an archive. */
async function archivedStore(): Promise<{ storage: StorageBackend; url: string; folder: string }> {
  const storage = openMemoryStorage({ limits: ANY_AGE, governanceEvents: false });
  onTestFinished(() => storage.close());
  await storage.audit.append(Array.from({ length: 50 }, (_, n) => event(n)));
  const folder = tempFolder();
  const url = pathToFileURL(folder).href;
  const policy = { archiveUrl: url, audit: { hotDays: 1, warmDays: 39, coldAction: "archive" as const } };
  const report = await applyRetention(storage, policy, { now: new Date(NOW) });
  expect(report).toMatchObject({ outcome: "succeeded", failures: [] });
  expect(report.rows).toBeGreaterThan(10);
  return { storage, url, folder };
}

async function reading(url: string): Promise<Archive> {
  const archive = await openArchive(url, { access: "read" });
  onTestFinished(() => archive.close());
  return archive;
}

async function archivedOf(url: string) {
  return collect((await reading(url)).events());
}

describe("an erasure with archives", () => {
  it("takes the parts out of the files, too, and says so in plan and result", async () => {
    const { storage, url } = await archivedStore();
    const before = await archivedOf(url);
    const archives = await erasableArchives(storage);
    const plan = await storage.planErasure(REQUEST, { archives });
    const inArchive = before.filter(({ sessionId }) => sessionId === "session-3").length;
    expect(plan).toMatchObject({ events: 10 - inArchive, archived: [{ url, events: inArchive, remains: [], refusals: [] }] });
    expect(plan.archives.every(({ covered }) => covered)).toBe(true);
    expect(await archivedOf(url)).toEqual(before);

    const result = await storage.erase(REQUEST, { archives });
    expect(result).toMatchObject({ events: 10 - inArchive, archives: [{ url, events: inArchive }], remains: [] });
    const after = await archivedOf(url);
    const expected = before.map((one) => {
      if (one.sessionId !== "session-3") return one;
      const { sessionId: _, ...rest } = one;
      return { ...rest, payload: { n: (one.payload as { n: number }).n } };
    });
    expect(after).toEqual(expected);
    const manifests = await collect((await reading(url)).manifests());
    const revised = manifests.flatMap(({ revisions = [] }) => revisions);
    expect(revised.length).toBeGreaterThan(0);
    expect(revised.every(({ reason }) => reason === `erasure ${result.erasureId}, request R1`)).toBe(true);
    const reports = await collect((await reading(url)).verify());
    expect(reports.every(({ status }) => status === "ok")).toBe(true);
    // Nothing is left to do.
    const again = await storage.erase(REQUEST, { archives });
    expect(again).toMatchObject({ newEvents: 0, archives: [{ events: 0, files: 0 }] });
  });

  it("keeps a restore from a copy of the archive from bringing the parts back", async () => {
    const { storage, url, folder } = await archivedStore();
    const copy = tempFolder();
    cpSync(folder, copy, { recursive: true });
    await storage.erase(REQUEST, { archives: await erasableArchives(storage) });
    const old = await reading(pathToFileURL(copy).href);
    expect(JSON.stringify(await collect(old.events({ sessionId: "session-3" })))).toContain(SECRET);
    const { conflicts } = await restoreArchive(old, storage);
    expect(conflicts).toBe(0);
    const events = await collect(storage.audit.stream());
    expect(events).toHaveLength(50);
    expect(events.filter(({ payload }) => !JSON.stringify(payload).includes(SECRET))).toHaveLength(10);
    expect(await archivedOf(url)).not.toEqual([]);
  });

  it("refuses what a hold covers in an archive, and changes nothing", async () => {
    const { storage, url } = await archivedStore();
    const before = await archivedOf(url);
    const archived = before.find(({ sessionId }) => sessionId === "session-3");
    const { holdId } = await storage.holds.place({
      reason: "case 7",
      actor: "ann",
      from: archived?.ts as Date,
      to: new Date((archived?.ts as Date).getTime() + 1),
    });
    const archives = await erasableArchives(storage);
    const plan = await storage.planErasure(REQUEST, { archives });
    expect(plan.refusals).toEqual([{ kind: "hold", holdId, events: 1 }]);
    await expect(storage.erase(REQUEST, { archives })).rejects.toThrow(holdId);
    expect(await archivedOf(url)).toEqual(before);
    expect(await storage.audit.count({ sessionId: "session-3" })).toBeGreaterThan(0);
  });

  it("names an archive that cannot be changed as what remains", async () => {
    const { storage, url } = await archivedStore();
    const before = await archivedOf(url);
    const archives = await erasableArchives(storage, {
      openArchive: async () => {
        throw new StorageError({ code: "permission_denied", message: "the folder is read-only" });
      },
    });
    const plan = await storage.planErasure(REQUEST, { archives });
    expect(plan.archived[0]?.remains).toEqual([`${url}: the archive cannot be changed: the folder is read-only`]);
    const { remains } = await storage.erase(REQUEST, { archives });
    expect(remains).toEqual(expect.arrayContaining([expect.stringContaining("the folder is read-only")]));
    expect(await archivedOf(url)).toEqual(before);
  });

  it("does not change archives while retention is at work", async () => {
    const { storage } = await archivedStore();
    const lease = await storage.retentionSupport.lease("retention", 60_000);
    const archives = await erasableArchives(storage);
    await expect(storage.erase(REQUEST, { archives })).rejects.toMatchObject({ code: "busy" });
    await lease?.release();
    expect(await storage.erase(REQUEST, { archives })).toMatchObject({ state: "done", remains: [] });
  });
});
