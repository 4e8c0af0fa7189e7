import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WORKS } from "../../src/peers/outcome.js";
import type { PeerReport } from "../../src/peers/report.js";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Peers that come from the network are not part of the tests: `pnpm bench --peers` measures them. */
describe("a comparison without peers from the network, on SQLite", () => {
  let folder: string;
  let report: PeerReport;
  let stdout: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "aasm-bench-test-"));
    const file = (name: string): string => join(folder, name);
    const files = ["--json", file("report.json"), "--markdown", file("report.md")];
    const args = [PROGRAM, "--peers", "--peer", "drizzle", "--store", "sqlite", "--quick", ...files];
    const env = { ...process.env, TMPDIR: folder };
    ({ stdout } = await promisify(execFile)(process.execPath, args, { env }));
    report = JSON.parse(readFileSync(file("report.json"), "utf8")) as PeerReport;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("measures every work on the raw driver, our store and drizzle", () => {
    const [store] = report.stores;
    const titles = ["better-sqlite3", "better-sqlite3, not flushed", "storage-sqlite", "drizzle-orm"];
    expect(store?.columns.map(({ title }) => title)).toEqual(titles);
    for (const { title, outcomes } of store?.columns ?? []) {
      for (const work of Object.keys(WORKS)) {
        expect(outcomes, `${title}: ${work}`).toHaveProperty([work, "value"], expect.any(Number));
      }
    }
    expect(store?.leftOut).toEqual([]);
  });

  it("prints the table, and writes it as Markdown", () => {
    expect(stdout).toMatch(/^storage-sqlite {2,}/m);
    expect(readFileSync(join(folder, "report.md"), "utf8")).toMatch(/^\| storage-sqlite \| /m);
  });

  it("leaves nothing behind in the temporary folder", () => {
    expect(readdirSync(folder).toSorted()).toEqual(["report.json", "report.md"]);
  });
});
