import { execFile } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.js";
import { formatTlogProof, generateSignerKey, TreeReader, writeExport } from "../../src/index.js";
import { linesOf, withFolder } from "../support/exports.js";
import { MemoryLog, VERIFIER_KEY } from "../support/memory-log.js";

const BIN = fileURLToPath(new URL("../../bin/evidence.js", import.meta.url));
const OTHER_KEY = generateSignerKey("example.com/audit").verifierKey;

async function run(...argv: readonly string[]) {
  const texts = { out: "", err: "" };
  const code = await main(argv, {
    stdout: { write: (text: string) => (texts.out += text) },
    stderr: { write: (text: string) => (texts.err += text) },
  });
  return { code, ...texts };
}

async function withExport(work: (folder: string, parent: string) => Promise<void>, log = aLog()): Promise<void> {
  await withFolder(async (parent) => {
    const range = { from: new Date("2026-11-27T00:00:00Z"), to: new Date("2026-11-29T00:00:00Z") };
    const { folder } = await writeExport(log, join(parent, "x"), range);
    await work(folder, parent);
  });
}

function aLog(): MemoryLog {
  const log = new MemoryLog().append(200).seal().append(200).seal();
  log.drop("run-1", [[40, 10]]);
  log.erase("R1", [[60, [4]]]);
  return log.seal();
}

describe("verify", () => {
  test("says that an export is complete, in one line", async () => {
    await withExport(async (folder) => {
      const { code, out, err } = await run("verify", folder, "--key", VERIFIER_KEY);
      expect([code, err]).toEqual([0, ""]);
      expect(out.split("\n")).toEqual([
        "log example.com/audit, 407 leaves, from 2026-11-27T00:00:00.000Z to before 2026-11-29T00:00:00.000Z",
        "complete: 288 events, 0 missing, 1 erased, 9 dropped (run run-1)",
        "",
      ]);
    });
  });

  test("names each finding, and ends with 1", async () => {
    await withExport(async (folder) => {
      const lines = await linesOf(folder, "events.jsonl");
      await writeFile(join(folder, "events.jsonl"), `${lines.filter((_, at) => at !== 7).join("\n")}\n`);
      const { code, out } = await run("verify", folder, "--key", VERIFIER_KEY);
      expect(code).toBe(1);
      expect(out.split("\n").slice(0, 1)).toEqual([
        "export_incomplete  leaf 7  event 0195f0a0-0000-7000-8000-000000000007: the row of leaf 7 is missing",
      ]);
      expect(out).toContain("\n1 finding: 288 events, 1 missing, 1 erased, 9 dropped (run run-1)\n");
      const json = JSON.parse((await run("verify", folder, "--json", "--key", VERIFIER_KEY)).out);
      expect(json).toMatchObject({ isComplete: false, findings: [{ code: "export_incomplete", leaf: 7 }], missing: 1 });
    });
  });

  test("of another range than the export has, and of none, ends with 3", async () => {
    await withExport(async (folder) => {
      const within = await run(
        "verify",
        folder,
        "--key",
        VERIFIER_KEY,
        "--from",
        "2026-11-27T06:00Z",
        "--to",
        "2026-11-28",
      );
      expect(within.out).toContain("complete: ");
      expect(within.code).toBe(0);
      const beyond = await run("verify", folder, "--key", VERIFIER_KEY, "--to", "2026-12-01");
      expect(beyond.out).toMatch(/^could not check: the export is of the time from /);
      expect(beyond.out).toContain("not checked: 0 events");
      expect(beyond.code).toBe(3);
      expect((await run("verify", join(folder, "y"), "--key", VERIFIER_KEY)).err).toMatch(/^could not check: .*exist/);
      expect((await run("verify", join(folder, "y"), "--key", VERIFIER_KEY)).code).toBe(3);
    });
  });

  test("with another key is a finding", async () => {
    await withExport(async (folder) => {
      const { code, out } = await run("verify", folder, "--key", OTHER_KEY);
      expect(code).toBe(1);
      expect(out).toMatch(/^key_unknown: /);
      // Keys of other logs do no harm.
      expect((await run("verify", folder, "--key", OTHER_KEY, "--key", VERIFIER_KEY)).code).toBe(0);
    });
  });

  test("compares the export with a checkpoint from elsewhere", async () => {
    await withExport(async (folder, parent) => {
      const [earlier, other] = [join(parent, "earlier"), join(parent, "other")];
      await copyFile(join(folder, "checkpoint"), earlier);
      await writeFile(other, await new MemoryLog().append(900).sign());
      const verify = ["verify", folder, "--key", VERIFIER_KEY];
      const { code, out } = await run(...verify, "--earlier", earlier);
      expect([code, out]).toEqual([0, expect.stringContaining("\ncontinues the checkpoint of 407 leaves\n")]);
      const set = await run(...verify, "--earlier", earlier, "--earlier", other);
      expect([set.code, set.out]).toEqual([1, expect.stringMatching(/^rollback: the earlier checkpoint 2 has /)]);
      expect(await run(...verify, "--earlier", join(parent, "none"))).toMatchObject({ code: 3 });
    });
  });

  test("shows nothing of an export that a terminal would obey", async () => {
    await withExport(async (folder) => {
      await writeFile(join(folder, "\u001b[31mred"), "");
      const { out } = await run("verify", folder, "--key", VERIFIER_KEY);
      expect(out).toContain("export_altered: \u{fffd}[31mred does not belong");
      expect(out).not.toContain("\u001b");
    });
  });
});

test("proof verifies the proof of one event", async () => {
  await withFolder(async (folder) => {
    const log = new MemoryLog().append(300);
    const hashes = await new TreeReader(log, log.head).inclusionProof(7);
    let extra: Uint8Array | undefined;
    for await (const { leaf, entry } of log.events(0, 256)) if (leaf === 7) extra = entry;
    const file = join(folder, "x.tlog-proof");
    const text = formatTlogProof({ extra: extra as Uint8Array, index: 7, hashes, checkpoint: await log.sign() });
    await writeFile(file, text);
    const { code, out } = await run("proof", file, "--key", VERIFIER_KEY);
    expect(code).toBe(0);
    expect(out).toBe(
      "proven: leaf 7 of the 300 of example.com/audit is event 0195f0a0-0000-7000-8000-000000000007 of 2026-11-27T01:10:00.000Z, recorded 2026-11-27T01:10:00.000Z\n",
    );
    expect(JSON.parse((await run("proof", file, "--key", VERIFIER_KEY, "--json")).out)).toMatchObject({
      leaf: 7,
      size: 300,
    });
    await writeFile(file, text.replace("index 7", "index 8"));
    expect(await run("proof", file, "--key", VERIFIER_KEY)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^proof_invalid: /),
    });
    expect(await run("proof", file, "--key", OTHER_KEY)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^key_unknown: /),
    });
    expect(await run("proof", `${file}x`, "--key", VERIFIER_KEY)).toMatchObject({ code: 3 });
  });
});

test.each([
  [[]],
  [["check", "x"]],
  [["verify"]],
  [["verify", "x"]],
  [["verify", "x", "y", "--key", VERIFIER_KEY]],
  [["verify", "x", "--key", "nonsense"]],
  [["verify", "x", "--key", VERIFIER_KEY, "--from", "yesterday"]],
  [["verify", "x", "--key", VERIFIER_KEY, "--from", "2026-02-30"]],
  [["verify", "x", "--key", VERIFIER_KEY, "--to", "2026-02-03T10:00"]],
  [["verify", "x", "--key", VERIFIER_KEY, "--from", "2026-02-03", "--to", "2026-02-03"]],
  [["verify", "x", "--key", VERIFIER_KEY, "--fast"]],
  [["proof", "x", "--key", VERIFIER_KEY, "--to", "2026-02-03"]],
  [["proof", "x", "--key", VERIFIER_KEY, "--earlier", "y"]],
])("a command line that cannot be understood ends with 2: %j", async (argv) => {
  const { code, out, err } = await run(...argv);
  expect([code, out]).toEqual([2, ""]);
  expect(err).not.toBe("");
});

test("help and version", async () => {
  expect((await run("--help")).out).toContain("evidence verify DIR --key VKEY");
  expect((await run("verify", "--help")).code).toBe(0);
  expect((await run("--version")).out).toMatch(/^\d+\.\d+\.\d+/);
});

test("the program needs nothing but the folder and the key", async () => {
  await withExport(async (folder, parent) => {
    const start = (...argv: string[]) =>
      promisify(execFile)(process.execPath, [BIN, ...argv], { cwd: parent, env: {} }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
      );
    expect(await start("verify", "x", "--key", VERIFIER_KEY)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("complete: 288 events"),
    });
    expect(await start("verify", folder, "--key", OTHER_KEY)).toMatchObject({ code: 1 });
    expect(await start("verify")).toMatchObject({ code: 2 });
    expect(await start("verify", "none", "--key", VERIFIER_KEY)).toMatchObject({ code: 3 });
  });
});
