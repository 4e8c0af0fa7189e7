import { execFile, execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { openInput, readInput } from "../../src/files/open-input.js";
import { type FileRules, RegularFile } from "../../src/files/regular-file.js";
import { isStorageError, type StorageError } from "../../src/index.js";

const RULES: FileRules = { links: "follow", location: { kind: "test file", place: "here" }, remedy: "Name a file." };
const REFUSING: FileRules = { ...RULES, links: "refuse", code: "corrupt" };

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "aasm-core-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function tempFile(content = "hello"): string {
  const path = join(tempFolder(), "file");
  writeFileSync(path, content);
  return path;
}

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  try {
    await work;
  } catch (error) {
    if (isStorageError(error)) return error;
    throw error;
  }
  throw new Error("expected a StorageError");
}

const text = async (path: string, maxBytes = 100): Promise<string> =>
  Buffer.from(await readInput(path, RULES, { pipes: "given", maxBytes })).toString();

describe("a regular file", () => {
  it("is read, also an empty one, and through a link where links are followed", async () => {
    const path = tempFile();
    expect(await text(path)).toBe("hello");
    expect(await text(tempFile(""))).toBe("");
    const link = join(tempFolder(), "link");
    symlinkSync(path, link);
    expect(await text(link)).toBe("hello");
    await using file = await RegularFile.open(path, REFUSING);
    expect([file.bytes, Buffer.from(await file.read(1, 3)).toString()]).toEqual([5, "el"]);
  });

  it("is refused when it is too large, before it is read", async () => {
    const path = tempFile();
    truncateSync(path, 3 * 1024 ** 3);
    const error = await failureOf(text(path));
    expect([error.code, error.message]).toEqual([
      "too_large",
      "test file here: it has 3 GiB (3221225472 bytes); at most 100 bytes are read. Name a file.",
    ]);
  });

  it("is refused when it changes while it is read", async () => {
    const path = tempFile();
    await using file = await RegularFile.open(path, REFUSING);
    appendFileSync(path, "!");
    expect((await failureOf(file.readAll(100))).message).toContain(
      "it grew while it was read, from 5 bytes to 6 bytes",
    );
    truncateSync(path, 2);
    expect((await failureOf(file.readAll(100))).message).toContain("it ends too early");
    expect((await failureOf(file.requireUnchanged())).message).toContain("it became shorter while it was read");
  });

  it("that does not exist is the file system's own error", async () => {
    await expect(text(join(tempFolder(), "nothing"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe.skipIf(process.platform === "win32")("what is no regular file is refused and named", () => {
  const KINDS: readonly (readonly [what: string, make: (path: string) => void | Promise<void>])[] = [
    ["a folder", (path) => mkdirSync(path)],
    ["a FIFO", (path) => void execFileSync("mkfifo", [path])],
    [
      "a socket",
      async (path) => {
        const server = createServer();
        await new Promise<void>((done) => server.listen(path, done));
        onTestFinished(() => void server.close());
      },
    ],
  ];

  it.each(KINDS)("%s, and a link to it", async (what, make) => {
    const path = join(tempFolder(), "it");
    await make(path);
    const link = join(tempFolder(), "link");
    symlinkSync(path, link);
    for (const one of [path, link]) {
      const error = await failureOf(text(one));
      expect([error.code, error.message]).toEqual([
        "invalid_argument",
        `test file here: it is ${what}, not a regular file. Name a file.`,
      ]);
    }
    const refused = await failureOf(RegularFile.open(link, REFUSING));
    expect([refused.code, refused.message]).toEqual(["corrupt", expect.stringContaining(`a symbolic link to ${what}`)]);
  });

  it("a device", async () => {
    expect((await failureOf(text("/dev/zero"))).message).toContain("it is a character device");
  });

  it("a link, where links are refused", async () => {
    const link = join(tempFolder(), "link");
    symlinkSync(tempFile(), link);
    const error = await failureOf(RegularFile.open(link, REFUSING));
    expect(error.message).toContain("it is a symbolic link to a regular file, not a regular file");
  });
});

describe.skipIf(process.platform === "win32")("a pipe", () => {
  async function fifo(): Promise<string> {
    const path = join(tempFolder(), "fifo");
    execFileSync("mkfifo", [path]);
    return path;
  }

  const write = (command: string, path: string): Promise<unknown> =>
    promisify(execFile)("sh", ["-c", command, path], { timeout: 60_000 });
  const all = { pipes: "all", maxBytes: 100 } as const;

  it("is read to its end, after waiting for who writes to it", async () => {
    const path = await fifo();
    const reading = readInput(path, RULES, all);
    await write(`printf hel > "$0"`, path);
    expect(Buffer.from(await reading).toString()).toBe("hel");
  });

  it("that is opened and closed without a byte is empty", async () => {
    const path = await fifo();
    const reading = readInput(path, RULES, all);
    await write(`: > "$0"`, path);
    expect(await reading).toHaveLength(0);
  });

  it("is not read further than the limit", async () => {
    const path = await fifo();
    const reading = readInput(path, RULES, all);
    const error = failureOf(reading);
    await write(`head -c 100000 /dev/zero > "$0" 2>/dev/null || true`, path);
    expect((await error).message).toContain("it is larger than the 100 bytes that are read at most");
  });

  it("that nobody writes to is waited for until the signal", async () => {
    const path = await fifo();
    const abort = new AbortController();
    const reading = readInput(path, RULES, { ...all, signal: abort.signal });
    const reason = new Error("enough");
    setImmediate(() => abort.abort(reason));
    await expect(reading).rejects.toBe(reason);
  });

  it("in a folder is refused where only pipes of the shell are read", async () => {
    const error = await failureOf(openInput(await fifo(), RULES, { pipes: "given" }));
    expect(error.message).toContain("it is a FIFO, not a regular file");
  });
});
