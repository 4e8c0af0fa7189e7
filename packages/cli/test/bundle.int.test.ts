import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { createSandbox } from "./support/run-aasm.js";

/** They open 40 to 60; without the bundle it would be some four hundred. */
const FEW_FILES = 80;
const BIN = fileURLToPath(new URL("../bin/aasm.js", import.meta.url));
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

const sandbox = await createSandbox();

beforeAll(() => sandbox.run(["demo"]));

describe("the built command", () => {
  test("ends with the code of its command, each stream with what belongs there", async () => {
    expect(await sandbox.spawn(["audit", "count"])).toMatchObject({ code: 0, stdout: "1,341\n", stderr: "" });
    expect(await sandbox.spawn(["policy", "active", "none"])).toMatchObject({ code: 1, stdout: "" });
    expect(await sandbox.spawn(["audit", "cuont"])).toMatchObject({ code: 2, stdout: "" });
    const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    expect(await sandbox.spawn(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("answers from its thread as from itself", async () => {
    const store = join(sandbox.folder, "large.db");
    const payload = { tool: "search", text: "x".repeat(200_000) };
    const lines = Array.from({ length: 40 }, (_, n) =>
      JSON.stringify({ ts: new Date(Date.now() - n), agentId: "a", action: "x", decision: "allow", payload }),
    );
    const imported = await sandbox.run(["audit", "import", "-", "--path", store], { input: lines.join("\n") });
    expect(imported.code).toBe(0);
    const rare = ["audit", "count", "--payload", "/tool=search", "--path", store];
    expect(await sandbox.spawn(rare)).toMatchObject({ code: 0, stdout: "40\n", stderr: "" });
  });

  test.each([
    ["audit", "count"],
    ["audit", "query"],
    ["policy", "active", "demo-guardrails"],
    ["config", "show"],
    ["status"],
  ])("opens few files: %s %s", async (...args) => {
    const opened = await filesOpenedBy(args);
    expect(opened.length).toBeGreaterThan(2);
    expect(opened.length).toBeLessThan(FEW_FILES);
    expect(opened.map((url) => basename(url))).not.toContain("evidence.js");
  });

  test.each([["--help"], ["audit", "query", "--help"], ["archive", "--help"], ["evidence", "--help"]])(
    "help loads neither the configuration nor a store: %s %s",
    async (...args) => {
      const opened = (await filesOpenedBy(args)).map((url) => basename(url));
      expect(opened).toContain("start.js");
      for (const name of ["context.js", "shared.js", "store.js"]) expect(opened).not.toContain(name);
    },
  );

  test("knows the errors of the clients in it", async () => {
    const config = join(sandbox.folder, "redis.yaml");
    await writeFile(
      config,
      "storage: { redis: { enabled: true, url: 'redis://127.0.0.1:1', connect_timeout_secs: 1 } }\n",
    );
    const { code, stderr } = await sandbox.spawn(["approvals", "list", "--config", config]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^aasm: unavailable: [^\n]+\n$/) });
  });

  const FULL = "/dev/full";
  const unlessFull = existsSync(FULL) ? "" : `: not run, there is no ${FULL}`;
  test.skipIf(unlessFull !== "").each(["--version", "--help"])(
    `says that the disk is full: %s${unlessFull}`,
    (flag) => {
      const stdout = openSync(FULL, "w");
      try {
        const { status, stderr } = spawnSync(process.execPath, [BIN, flag], {
          stdio: ["ignore", stdout, "pipe"],
          encoding: "utf8",
        });
        expect({ status, stderr }).toEqual({
          status: 1,
          stderr: "aasm: ENOSPC: the output cannot be written: no space left on device\n",
        });
      } finally {
        closeSync(stdout);
      }
    },
  );

  test("--debug shows places in the sources", async () => {
    const { stderr } = await sandbox.spawn(["audit", "count", "--path", "none.db", "--debug"]);
    expect(stderr).toMatch(/\n\s+at .*src\/store-access\.ts:\d+/);
  });

  test("holds the licences of what is in it", async () => {
    const licences = await readFile(join(DIST, "third-party-licenses.txt"), "utf8");
    for (const name of ["commander", "drizzle-orm", "postgres", "redis", "yaml", "zod"]) {
      expect(licences).toMatch(new RegExp(`^@?[\\w/-]*${name} \\d`, "m"));
    }
    expect(await readdir(DIST)).toContain("scan-worker.js");
  });
});

/** Modules that a command loads from files, as a loader hook sees them. */
async function filesOpenedBy(args: readonly string[]): Promise<string[]> {
  const log = join(sandbox.folder, `${args.join("-")}.log`);
  await writeFile(log, "");
  const hooks = `import { appendFileSync } from "node:fs";
    export async function load(url, context, next) {
      if (url.startsWith("file:")) appendFileSync(${JSON.stringify(log)}, url + "\\n");
      return next(url, context);
    }`;
  const loader = join(sandbox.folder, "log-modules.mjs");
  const source = `data:text/javascript,${encodeURIComponent(hooks)}`;
  await writeFile(loader, `import { register } from "node:module"; register(${JSON.stringify(source)});`);
  const { code } = await sandbox.spawn(args, { env: { NODE_OPTIONS: `--import ${pathToFileURL(loader).href}` } });
  expect(code).toBe(0);
  return (await readFile(log, "utf8")).trimEnd().split("\n");
}
