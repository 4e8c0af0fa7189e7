import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditEventRow } from "@agent-assembly/storage-core/backend";
import { describe, expect, it, onTestFinished } from "vitest";
import { DestinationArchive } from "../../src/archive/destination-archive.js";
import type { Destination } from "../../src/archive/destinations/destination.js";
import { FileDestination } from "../../src/archive/destinations/file-destination.js";
import { manifestText } from "../../src/archive/manifest/manifest.js";
import type { Archive, ArchiveManifest, ReviseOptions } from "../../src/index.js";
import { archive, collect, DAY, DAY_MS, eventNumber, eventNumbers } from "./support/events.js";
import { tempFolder } from "./support/temp-folder.js";

const TWO_DAYS = { id: "two-days", from: new Date(DAY), to: new Date(DAY + 2 * DAY_MS) };
const SECRET = "ann@example.com";
const REASON = "erasure 7, request R1";

/** 30 events of two days in four files, of which one of each day has the secret. */
function events() {
  return Array.from({ length: 30 }, (_, n) => {
    const ts = new Date(DAY + (n < 15 ? 0 : DAY_MS) + n * 1000);
    return eventNumber(n, { ts, ...(n % 15 === 3 && { sessionId: "s-1", payload: { to: SECRET, n } }) });
  });
}

const without: ReviseOptions["change"] = async (rows) =>
  rows.map((row) => (row.payload?.includes(SECRET) ? { ...row, payload: '{"n":3}' } : row));

/** A folder as a destination, with changes of some of its operations. */
async function openWith(folder: string, changes: Partial<Destination> = {}): Promise<Archive> {
  const real = await FileDestination.open(`file://${folder}`, folder, "write");
  const destination = new Proxy(real, {
    get(target, name) {
      const own = (changes as Record<string | symbol, unknown>)[name];
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const opened = new DestinationArchive(destination, false, { fileRows: 8, groupRows: 5 });
  onTestFinished(() => opened.close());
  return opened;
}

async function onlyManifest(opened: Archive): Promise<ArchiveManifest> {
  const [manifest, other] = await collect(opened.manifests());
  if (manifest === undefined || other !== undefined) throw new Error("expected one manifest");
  return manifest;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Files whose rows have the secret: their columns are compressed. */
async function hasSecret(opened: Archive): Promise<boolean> {
  return JSON.stringify(await collect(opened.events())).includes(SECRET);
}

const isOk = async (opened: Archive): Promise<boolean> =>
  (await collect(opened.verify())).every(({ status }) => status === "ok");

describe("a revision of an archive", () => {
  it("writes the files anew in which rows change, and removes the old ones", async () => {
    const folder = tempFolder();
    const opened = await openWith(folder);
    const before = await archive(opened, "a", events(), TWO_DAYS);
    const other = await archive(opened, "b", eventNumbers(3, 100));
    expect(before.files).toHaveLength(4);
    const plan = await opened.planRevision(before, { change: without, reason: REASON });
    expect(plan).toEqual({ rows: 2, files: 2, remains: [] });
    const revision = await opened.revise(before, { change: without, reason: REASON });
    expect(revision).toMatchObject({ rows: 2, files: 2, remains: [] });
    const { manifest } = revision;
    const previous = createHash("sha256").update(manifestText(before)).digest("hex");
    expect(manifest.revisions).toEqual([{ at: expect.any(Date), reason: REASON, previous }]);
    expect(await collect(opened.manifests())).toEqual([manifest, other]);
    const paths = manifest.files.map(({ path }) => path.slice(-9, -8));
    expect(paths).toEqual(["5", "2", "6", "4"]);
    expect(filesOf(join(folder, "dataset=audit"))).toHaveLength(5);
    expect(await isOk(opened)).toBe(true);
    expect(manifest.rows).toBe(30);
    const expected = events().map((event) =>
      JSON.stringify(event).includes(SECRET) ? { ...event, payload: { n: 3 } } : event,
    );
    expect(await collect(opened.checkedEvents({ archiveId: "a" }))).toEqual(expected);
    const again = await opened.revise(manifest, { change: without, reason: REASON });
    expect(again).toEqual({ manifest, rows: 0, files: 0, remains: [] });
  });

  it("gives only rows that match the filter, and says which revision it follows", async () => {
    const opened = await openWith(tempFolder());
    const first = await archive(opened, "a", events(), TWO_DAYS);
    const seen: AuditEventRow[] = [];
    const change: ReviseOptions["change"] = async (rows) => {
      seen.push(...rows);
      return without(rows);
    };
    const filter = { sessionId: "s-1", to: new Date(DAY + DAY_MS) };
    const { manifest: second, rows } = await opened.revise(first, { change, filter, reason: REASON });
    expect(rows).toBe(1);
    expect(new Set(seen.map(({ sessionId }) => sessionId))).toEqual(new Set(["s-1"]));
    const { manifest: third } = await opened.revise(second, { change: without, reason: "second" });
    expect(third.revisions?.map(({ reason }) => reason)).toEqual([REASON, "second"]);
    expect(third.revisions?.[1]?.previous).toBe(createHash("sha256").update(manifestText(second)).digest("hex"));
    expect(await hasSecret(opened)).toBe(false);
  });

  it("refuses where another manifest is published, and changes nothing", async () => {
    const folder = tempFolder();
    const opened = await openWith(folder);
    const manifest = await archive(opened, "a", events(), TWO_DAYS);
    await opened.revise(manifest, { change: without, reason: REASON });
    const files = filesOf(folder);
    const again = opened.revise(manifest, { change: without, reason: REASON });
    await expect(again).rejects.toMatchObject({ code: "conflict", operation: "archive.revise" });
    expect(filesOf(folder)).toEqual(files);
  });

  it("keeps the archive as it was where a file is damaged", async () => {
    const folder = tempFolder();
    const opened = await openWith(folder);
    const manifest = await archive(opened, "a", events(), TWO_DAYS);
    const before = filesOf(folder).map((path) => [path, readFileSync(path).toString("hex")]);
    const damaged = await openWith(folder, {
      async open(path: string) {
        const real = await FileDestination.open(`file://${folder}`, folder, "read");
        const file = await real.open(path);
        if (!path.endsWith("a-0004.parquet")) return file;
        const read: typeof file.read = async (start, end) => (await file.read(start, end)).map((byte) => byte ^ 1);
        return { bytes: file.bytes, read, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
      },
    });
    const revised = damaged.revise(manifest, { change: without, reason: REASON });
    await expect(revised).rejects.toMatchObject({ code: "corrupt" });
    expect(filesOf(folder).map((path) => [path, readFileSync(path).toString("hex")])).toEqual(before);
  });

  it("ends where its process is killed, and is finished by the next one", async () => {
    let isOver = false;
    let changes = 0;
    for (; !isOver; changes++) {
      const folder = tempFolder();
      const before = await archive(await openWith(folder), "a", events(), TWO_DAYS);
      let made = 0;
      const dying =
        <A extends unknown[], R>(work: (real: FileDestination, ...args: A) => Promise<R>) =>
        async (...args: A): Promise<R> => {
          if (made++ >= changes) throw new Error("killed");
          return work(await FileDestination.open(`file://${folder}`, folder, "write"), ...args);
        };
      const killed = await openWith(folder, {
        put: dying((real, path: string, staged: string) => real.put(path, staged)),
        erase: dying((real, path: string) => real.erase(path)),
        // As for what a process does that is gone.
        remove: async () => undefined,
        unstage: async () => undefined,
      });
      isOver = await killed.revise(before, { change: without, reason: REASON }).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe("killed");
          return false;
        },
      );
      const opened = await openWith(folder);
      expect(await isOk(opened), `after ${changes} changes`).toBe(true);
      const { files, rows } = await opened.revise(await onlyManifest(opened), { change: without, reason: REASON });
      expect([0, 2]).toContain(files);
      expect(rows).toBe(files);
      expect(await hasSecret(opened)).toBe(false);
      expect(filesOf(join(folder, "dataset=audit")), `after ${changes} changes`).toHaveLength(4);
    }
    expect(changes).toBe(6);
  });

  it("tells what the place keeps of an old file", async () => {
    const folder = tempFolder();
    const lock = "locked until 2099-01-01T00:00:00.000Z";
    const opened = await openWith(folder, {
      erase: async () => lock as never,
      lockOf: async () => lock as never,
    });
    const manifest = await archive(opened, "a", events(), TWO_DAYS);
    const remains = [1, 3].map((number) => `file://${folder}/${manifest.files[number - 1]?.path}: ${lock}`);
    expect((await opened.planRevision(manifest, { change: without, reason: REASON })).remains).toEqual(remains);
    expect((await opened.revise(manifest, { change: without, reason: REASON })).remains).toEqual(remains);
    expect(await hasSecret(opened)).toBe(false);
  });
});
