import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { DestinationArchive } from "../../../src/archive/destination-archive.js";
import { FileDestination } from "../../../src/archive/destinations/file-destination.js";
import { restoreArchive } from "../../../src/index.js";
import { DIST, runChild } from "../support/child.js";
import { archive, collect, eventNumbers } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { openFolder } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

const MANIFEST = "_manifests/dataset=audit/2026-03-01_a.json";
const FILE = "dataset=audit/date=2026-03-01/a-0001.parquet";
/** Many times what the work takes; only what hangs reaches it. */
const LIMIT_MS = 60_000;

/** Verifies the archive, restores it into a target that takes nothing, and prints what came of both. */
const SCRIPT = `
import { openArchive, restoreArchive } from ${JSON.stringify(DIST)};
const archive = await openArchive(process.argv[1], { access: "read" });
const outcome = { reports: [], restored: 0 };
for await (const { path, status, reason } of archive.verify()) outcome.reports.push([path, status, reason]);
const restore = async (events) => { outcome.restored += events.length; return { inserted: 0, duplicates: 0, conflicts: 0 }; };
try {
  await restoreArchive(archive, { partitions: { restore } });
} catch (error) {
  outcome.code = error.code;
  outcome.message = error.message;
}
console.log(JSON.stringify(outcome));
`;

interface Outcome {
  readonly reports: readonly (readonly [path: string, status: string, reason?: string])[];
  readonly restored: number;
  readonly code: string;
  readonly message: string;
}

/** In a process of its own, which is killed when it hangs. */
async function read(folder: string): Promise<Outcome> {
  const url = pathToFileURL(folder).href;
  const { exitCode, stdout, stderr } = await runChild(SCRIPT, [url], {
    limitMs: LIMIT_MS,
    nodeOptions: ["--max-old-space-size=256"],
  });
  expect([exitCode, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Outcome;
}

async function archived(): Promise<string> {
  const folder = tempFolder();
  await archive(await openFolder(folder), "a", eventNumbers(20));
  return folder;
}

async function socketAt(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(path, listening));
  onTestFinished(() => void server.close());
}

const KINDS: readonly (readonly [what: string, make: (path: string, original: string) => void | Promise<void>])[] = [
  ["a FIFO", (path) => void execFileSync("mkfifo", [path])],
  ["a socket", socketAt],
  ["a symbolic link to a regular file", (path, original) => symlinkSync(original, path)],
  ["a symbolic link to a folder", (path) => symlinkSync("/", path)],
  ["a symbolic link to a character device", (path) => symlinkSync("/dev/zero", path)],
  ["a symbolic link to nothing", (path) => symlinkSync("/nowhere/at/all", path)],
];

describe.skipIf(process.platform === "win32")("in place of a file of an archive", () => {
  for (const [what, make] of KINDS) {
    for (const path of [MANIFEST, FILE]) {
      it(`${what} is reported as ${path.endsWith("json") ? "a damaged manifest" : "damaged"}, and not read`, async () => {
        const folder = await archived();
        const original = join(tempFolder(), "original");
        renameSync(join(folder, path), original);
        await make(join(folder, path), original);
        const { reports, restored, code, message } = await read(folder);
        expect(reports).toEqual([[path, "damaged", `it is ${what}, not a regular file`]]);
        expect([restored, code]).toEqual([0, "corrupt"]);
        expect(message).toContain(path);
      });
    }
  }

  it("a folder is reported as damaged", async () => {
    const folder = await archived();
    rmSync(join(folder, FILE));
    mkdirSync(join(folder, FILE));
    const { reports, code } = await read(folder);
    expect([reports, code]).toEqual([[[FILE, "damaged", "it is a folder, not a regular file"]], "corrupt"]);
  });
});

describe.skipIf(process.platform === "win32")("a folder of an archive that is a link", () => {
  it.each(["dataset=audit", "dataset=audit/date=2026-03-01"])("is refused when files are read: %s", async (name) => {
    const folder = await archived();
    const elsewhere = join(tempFolder(), "elsewhere");
    renameSync(join(folder, name), elsewhere);
    symlinkSync(elsewhere, join(folder, name));
    const error = await failureOf(async () => collect((await openFolder(folder)).events()));
    expect([error.code, error.message]).toEqual([
      "corrupt",
      expect.stringMatching(/dataset=audit.* is a symbolic link to a folder, not a folder/),
    ]);
  });

  it("is refused when files are written, and nothing is written through it", async () => {
    const folder = tempFolder();
    const elsewhere = tempFolder();
    symlinkSync(elsewhere, join(folder, "dataset=audit"));
    const opened = await openFolder(folder);
    const error = await failureOf(() => archive(opened, "a", eventNumbers(2)));
    expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining("is a symbolic link to a folder")]);
    expect(execFileSync("find", [elsewhere, "-type", "f"]).toString()).toBe("");
  });

  it("may be the archive's own folder, which its user names", async () => {
    const folder = await archived();
    const link = join(tempFolder(), "link");
    symlinkSync(folder, link);
    expect(await collect((await openFolder(link)).events())).toHaveLength(20);
  });
});

it("a link that somebody placed under the name of a manifest is not written through", async () => {
  const folder = tempFolder();
  const victim = join(tempFolder(), "victim");
  writeFileSync(victim, "precious");
  const opened = await openFolder(folder);
  await archive(opened, "b", eventNumbers(1));
  const other = "_manifests/dataset=audit/2026-03-01_a.json";
  symlinkSync(victim, join(folder, other));
  const error = await failureOf(() => archive(opened, "a", eventNumbers(2)));
  expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining("a symbolic link")]);
  expect(readFileSync(victim, "utf8")).toBe("precious");
});

describe("sizes", () => {
  it("a manifest of 3 GB, which is a hole on the disk, is not read", async () => {
    const folder = await archived();
    const path = join(folder, MANIFEST);
    rmSync(path);
    const file = openSync(path, "w");
    writeSync(file, "}", 3 * 1024 ** 3);
    closeSync(file);
    const { reports, code } = await read(folder);
    expect(reports).toEqual([[MANIFEST, "damaged", "it is too large for a manifest: 3.0 GiB; at most 8 MiB"]]);
    expect(code).toBe("corrupt");
  });

  it("a file of another size than the manifest says is not read", async () => {
    const folder = await archived();
    truncateSync(join(folder, FILE), 5 * 1024 ** 3);
    const { reports, restored } = await read(folder);
    expect(reports).toEqual([
      [FILE, "damaged", expect.stringMatching(/^it has 5368709120 bytes and should have \d+$/)],
    ]);
    expect(restored).toBe(0);
  });

  it("a file that grows or shrinks while it is read is damaged", async () => {
    const folder = await archived();
    const path = join(folder, FILE);
    const original = readFileSync(path);
    const destination = await FileDestination.open(pathToFileURL(folder).href, folder, "read");
    const open = destination.open.bind(destination);
    let change = (): void => undefined;
    destination.open = async (wanted) => {
      const file = await open(wanted);
      if (wanted === FILE) change();
      return file;
    };
    const opened = new DestinationArchive(destination, true);
    change = () => appendFileSync(path, "x");
    const [grown] = await collect(opened.verify());
    expect(grown).toMatchObject({
      status: "damaged",
      reason: expect.stringMatching(/^it grew while it was read, from/),
    });
    writeFileSync(path, original);
    change = () => undefined;
    expect((await collect(opened.verify()))[0]?.status).toBe("ok");
    change = () => truncateSync(path, 10);
    expect((await collect(opened.verify()))[0]).toMatchObject({ status: "damaged", reason: "it ends too early" });
  });
});

describe("restoring", () => {
  async function swapping(folder: string, swap: () => void): Promise<DestinationArchive> {
    const destination = await FileDestination.open(pathToFileURL(folder).href, folder, "read");
    const open = destination.open.bind(destination);
    destination.open = async (path) => {
      const file = await open(path);
      const { bytes } = file;
      let checked = 0;
      return {
        bytes,
        async read(start, end, signal) {
          const found = await file.read(start, end, signal);
          checked += end - start;
          // The footer and then all of it: the file was checked.
          if (path === FILE && checked > bytes && start === 0) swap();
          return found;
        },
        [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
      };
    };
    return new DestinationArchive(destination, true);
  }

  it("takes the events that were checked when another file is put in the place of the first", async () => {
    const folder = await archived();
    const other = await archived();
    const opened = await swapping(folder, () => renameSync(join(other, MANIFEST), join(folder, FILE)));
    expect(await collect(opened.checkedEvents())).toEqual(eventNumbers(20));
    expect((await collect(opened.verify()))[0]?.status).toBe("damaged");
  });

  it("takes no event of a file that is changed after it was checked", async () => {
    const folder = await archived();
    const path = join(folder, FILE);
    const opened = await swapping(folder, () => {
      const bytes = readFileSync(path);
      bytes[100] = (bytes[100] as number) ^ 1;
      writeFileSync(path, bytes);
    });
    const target = { partitions: { restore: () => Promise.reject(new Error("nothing may be restored")) } };
    const error = await failureOf(() => restoreArchive(opened, target));
    expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining("row group 0 is altered")]);
  });
});
