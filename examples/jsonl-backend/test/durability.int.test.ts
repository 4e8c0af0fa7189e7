import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openJsonlStorage } from "../src/index.js";
import { eventsIn, newPath } from "./support/harness.js";
import { fixture, run } from "./support/processes.js";

afterEach(() => vi.restoreAllMocks());

/** A path whose folder is removed after the test. */
function ownPath(): string {
  const path = newPath();
  onTestFinished(() => rmSync(dirname(path), { recursive: true }));
  return path;
}

/** An event that its agent names. */
const event = (agentId: string): NewAuditEvent => ({
  ts: new Date(),
  agentId,
  action: "tool_call",
  decision: "allow",
});

async function agentsOf(storage: StorageBackend): Promise<string[]> {
  const agents: string[] = [];
  for await (const { agentId } of storage.audit.stream()) agents.push(agentId);
  return agents;
}

/** A closed store with one event on each of the lines 2 to 4. */
async function threeEvents(): Promise<string> {
  const path = ownPath();
  await using storage = await openJsonlStorage({ path });
  for (const agent of ["one", "two", "three"]) await storage.audit.append([event(agent)]);
  return path;
}

describe("a process that is killed while it writes", () => {
  it("leaves every acknowledged event, and a file that opens", async () => {
    const path = ownPath();
    const { signal, stdout, stderr } = await run(process.execPath, [fixture("append.mjs"), path], {
      onStdout: (text, child) => text.split("\n").length > 200 && child.kill("SIGKILL"),
    });
    expect({ signal, stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
    expect(existsSync(`${path}.lock`)).toBe(true);
    const acknowledged = stdout.slice(0, stdout.lastIndexOf("\n")).split("\n");
    expect(acknowledged.length).toBeGreaterThan(199);
    await using storage = await openJsonlStorage({ path });
    expect(await agentsOf(storage)).toEqual(expect.arrayContaining(acknowledged));
    expect(await storage.audit.append([event("next")])).toMatchObject({ inserted: 1 });
  });
});

describe("a last line without its end", () => {
  it("is removed with a warning, wherever it was cut", async () => {
    const path = await threeEvents();
    const whole = readFileSync(path);
    const lastStart = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (const end of [lastStart + 1, lastStart + 30, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, end));
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
      await using storage = await openJsonlStorage({ path });
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        expect.stringMatching(new RegExp(`^${storage.location}: removed ${end - lastStart} bytes of a change`)),
      );
      expect(await agentsOf(storage)).toEqual(["one", "two"]);
      await storage.audit.append([event("four")]);
      expect(eventsIn(path).map(({ agentId }) => agentId)).toEqual(["one", "two", "four"]);
      warn.mockRestore();
    }
  });

  it("may be the first one, of a store that was being created", async () => {
    const path = ownPath();
    writeFileSync(path, '{"format":"aa');
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    await using storage = await openJsonlStorage({ path });
    expect(warn).toHaveBeenCalledOnce();
    expect(await storage.health()).toMatchObject({ status: "ok", details: { changes: 0 } });
  });
});

describe("a damaged file is refused and left as it is", () => {
  const opening = (path: string) => openJsonlStorage({ path });
  it.each<[what: string, damage: (text: string) => string, line: number]>([
    ["a changed value", (text) => text.replace('"agentId":"two"', '"agentId":"TWO"'), 3],
    ["a removed line end", (text) => text.replace(/\n(?=.*"two")/, ""), 2],
    ["an empty line", (text) => text.replace(/\n(?=.*"two")/, "\n\n"), 3],
    ["a copy of a line with another value", (text) => `${text}${text.split("\n")[3]?.replace("three", "fours")}\n`, 5],
    ["a line of something else", (text) => `${text}hello\n`, 5],
    ["a last line that is complete, but not whole", (text) => `${text.slice(0, -20)}\n`, 4],
  ])("%s", async (_, damage, line) => {
    const path = await threeEvents();
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    const damaged = readFileSync(path, "utf8");
    await expect(opening(path)).rejects.toMatchObject({
      code: "corrupt",
      operation: "open",
      backend: "jsonl",
      location: { kind: "JSONL file", line },
      message: expect.stringContaining(`${path}, line ${line}: the line is damaged`),
    });
    expect(readFileSync(path, "utf8")).toBe(damaged);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it.each([
    ["a text", "my notes"],
    ["a text of several lines", "my\nnotes\n"],
  ])("%s that is no store", async (_, text) => {
    const path = ownPath();
    writeFileSync(path, text);
    await expect(opening(path)).rejects.toMatchObject({ code: "corrupt", remedy: "Choose another path." });
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("a store of a newer format", async () => {
    const path = ownPath();
    writeFileSync(path, '{"format":"aasm-jsonl","version":2}\n');
    await expect(opening(path)).rejects.toMatchObject({ code: "schema_newer", remedy: "Update the package." });
  });
});

describe("only one handle", () => {
  it("has the file open; the others are told who", async () => {
    const path = ownPath();
    const storage = await openJsonlStorage({ path });
    await expect(openJsonlStorage({ path })).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining(`process ${process.pid} has the file open`),
      remedy: expect.stringContaining(`${storage.location}.lock`),
    });
    await storage.close();
    await (await openJsonlStorage({ path })).close();
  });

  it("waits for the id of the process that is just opening the file", async () => {
    const path = ownPath();
    writeFileSync(`${path}.lock`, "");
    await expect(openJsonlStorage({ path })).rejects.toThrow("a process has the file open");
  });

  it("takes over the lock of a process that ended", async () => {
    const path = ownPath();
    const { stdout } = await run(process.execPath, ["-p", "process.pid"]);
    writeFileSync(`${path}.lock`, stdout);
    await (await openJsonlStorage({ path })).close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});

describe("a write that fails", () => {
  it.skipIf(process.platform === "win32")("changes nothing, and the next one is stored", async () => {
    const path = ownPath();
    const limited = 'ulimit -f 200; exec "$0" "$@"';
    const args = ["-c", limited, process.execPath, fixture("append-until-full.mjs"), path];
    const { code, stdout, stderr } = await run("sh", args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const seen = JSON.parse(stdout) as { code: string; counted: number; stored: string[] };
    expect(seen).toMatchObject({ code: "full", counted: seen.stored.length - 1 });
    expect(seen.counted).toBeGreaterThan(1);
    expect(readFileSync(path, "utf8").split("\n").at(-1)).toBe("");
    await using storage = await openJsonlStorage({ path });
    expect(await agentsOf(storage)).toEqual(seen.stored);
  });

  it("is refused when the file was moved, and health says so", async () => {
    const path = ownPath();
    await using storage = await openJsonlStorage({ path });
    renameSync(path, `${path}.moved`);
    await expect(storage.audit.append([event("lost")])).rejects.toMatchObject({ code: "unavailable" });
    expect(await storage.health()).toMatchObject({ status: "down", problems: [expect.stringContaining("moved")] });
    expect(await agentsOf(storage)).toEqual([]);
    renameSync(`${path}.moved`, path);
    expect(await storage.audit.append([event("kept")])).toMatchObject({ inserted: 1 });
  });
});
