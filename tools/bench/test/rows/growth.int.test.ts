import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RowReport } from "../../src/rows/report.js";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const ARGS = [PROGRAM, "--rows", "10000", "--store", "sqlite"];

describe("a store with many rows beside a small one, on SQLite", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aasm-bench-test-"));
    env = { ...process.env, TMPDIR: folder };
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("has a figure for every work, and leaves nothing behind", async () => {
    const json = join(folder, "report.json");
    const { stdout } = await promisify(execFile)(process.execPath, [...ARGS, "--json", json], { env });
    const { large, tables } = JSON.parse(readFileSync(json, "utf8")) as RowReport;
    expect(large).toBe(10_000);
    expect(tables).toHaveLength(1);
    expect(tables[0]?.results.map(({ name }) => name)).toEqual([
      "newest 100 of an agent",
      "newest 100 of a session",
      "newest 100 of a trace",
      "page of 100 behind nine tenths, at most a million",
      "summary by hour and decision, seven days",
      "summary by hour and agentId, seven days",
      "summary by hour and tool, seven days",
      "summary by hour and teamId, seven days",
      "timeline of a year by days",
      "summary by tool and decision, everything",
      "summary by agentId and teamId, everything",
      "summary by agentId and tool, everything",
      "summary by agentId and decision, everything",
      "summary by teamId and tool, everything",
      "bytes of kept counts, of those of the events",
      "export, per million events",
      "aasm status",
      "backup",
      "retention plan",
      "retention plan, everything due",
      "append, batches of 1,000",
      "from append to delivery by a tail",
      "retention run of one partition, archived",
    ]);
    for (const result of tables[0]?.results ?? []) expect(result).toHaveProperty("ratio", expect.any(Number));
    expect(stdout).toContain("SQLite, filled with ");
    expect(readdirSync(folder)).toEqual(["report.json"]);
  });

  it.skipIf(process.platform === "win32")("leaves nothing behind after Ctrl-C", async () => {
    const child = spawn(process.execPath, ARGS, { env, stdio: ["ignore", "ignore", "pipe"] });
    await once(child.stderr, "data");
    expect(readdirSync(folder)).not.toEqual([]);
    child.stderr.resume();
    child.kill("SIGINT");
    const [status] = await once(child, "close");
    expect(status).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });
});
