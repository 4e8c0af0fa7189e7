import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const MEMORY = pathToFileURL(
  fileURLToPath(new URL("../../../storage-core/dist/memory/index.js", import.meta.url)),
).href;

/** A backend that is not part of the command: memory, with one schema version that a file beside it remembers. */
const SOURCE = `
import { existsSync, writeFileSync } from "node:fs";
import { openMemoryStorage } from ${JSON.stringify(MEMORY)};
const step = { version: 1, name: "initial", breaking: false, transactional: true };
export const backendModule = {
  version: 1,
  name: "acme",
  parseSettings: ({ url = "acme://local", ...others }, { resolvePath }) => {
    const [unknown] = Object.keys(others);
    if (unknown === undefined) return { url, marker: resolvePath("acme.schema") };
    const error = Object.assign(new Error("unknown key " + unknown + "; allowed: url"), { code: "invalid_argument" });
    throw Object.defineProperty(error, Symbol.for("@agent-assembly/storage-error"), { value: true });
  },
  open: ({ url }) => {
    const memory = openMemoryStorage();
    const health = async () => ({ ...(await memory.health()), backend: "acme", schemaVersion: 1, details: { shards: 3 } });
    return { ...memory, name: "acme", location: new URL(url).protocol + "//" + new URL(url).host, health };
  },
  schema: {
    migrate: async ({ marker }, { dryRun = false } = {}) => {
      if (existsSync(marker)) return { from: 1, to: 1, steps: [] };
      if (!dryRun) writeFileSync(marker, "1");
      return { from: 0, to: 1, steps: [{ version: 1, name: step.name, durationMs: 0 }] };
    },
    status: async ({ marker }) =>
      existsSync(marker)
        ? { state: "current", version: 1, latest: 1, applied: [], pending: [] }
        : { state: "outdated", version: 0, latest: 1, applied: [], pending: [step] },
    verify: async ({ marker }) => (existsSync(marker) ? [] : [{ kind: "missing", object: "table", name: "events", expected: "a file" }]),
  },
};
`;

const sandbox = await createSandbox();
const config = join(sandbox.folder, "config.yaml");

beforeAll(async () => {
  const installed = join(sandbox.folder, "node_modules", "@acme", "storage");
  await mkdir(installed, { recursive: true });
  const manifest = { name: "@acme/storage", type: "module", exports: { import: "./index.js" } };
  await writeFile(join(installed, "package.json"), JSON.stringify(manifest));
  await writeFile(join(installed, "index.js"), SOURCE);
  await writeFile(config, `storage:\n  backend: "@acme/storage"\n  options: { url: "acme://me:hunter2@db.example" }\n`);
});

describe("a backend of another package, installed where the command runs", () => {
  test("is shown with its settings and their sources, secrets masked", async () => {
    const { code, stdout, stderr } = await sandbox.spawn(["config", "show", "--config", config]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/storage\.backend +@acme\/storage +.*config\.yaml/);
    expect(stdout).toMatch(/storage\.options\.url +acme:\/\/me:\*\*\*@db\.example +.*config\.yaml/);
    expect(stdout).not.toContain("hunter2");
  });

  test("has its schema planned, applied and verified", async () => {
    const migrate = (...flags: string[]) => sandbox.spawn(["migrate", ...flags, "--config", config]);
    expect((await migrate("--plan")).stdout).toBe("Would migrate from version 0 to 1:\n  initial\n");
    expect(existsSync(join(sandbox.folder, "acme.schema"))).toBe(false);
    expect(await migrate("--status")).toMatchObject({ code: 1 });
    expect((await migrate("--verify")).stdout).toContain("The schema is at version 0, and 1 is the latest");
    expect((await migrate()).stdout).toContain("Migrated from version 0 to 1");
    expect(await migrate("--verify")).toMatchObject({ code: 0 });
  });

  test("has a status: location, details, health, hot-path state and capabilities", async () => {
    const { code, stdout } = await sandbox.spawn(["status", "--config", config]);
    expect(code).toBe(0);
    for (const line of [/\nhealth ok/, /backend +acme/, /location +acme:\/\/db\.example/, /shards +3/, /approvals +/]) {
      expect(stdout).toMatch(new RegExp(line, "m"));
    }
    expect(stdout).toMatch(/durability +unsupported +data lives in this process's memory/);
  });

  test("runs the commands, named by a flag", async () => {
    const named = ["--backend", "@acme/storage"];
    expect(await sandbox.spawn([...named, "audit", "count"])).toMatchObject({ code: 0, stdout: "0\n", stderr: "" });
    const event = { ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" };
    const imported = await sandbox.spawn([...named, "audit", "import", "-"], { input: `${JSON.stringify(event)}\n` });
    expect(imported.code).toBe(0);
  });
});

test.each([
  [
    "is not installed",
    "@acme/missing",
    "the package @acme/missing cannot be found from",
    'Run "pnpm add @acme/missing".',
  ],
  [
    "exports no backend",
    "@acme/other",
    "@acme/other exports no backendModule (it exports openOther)",
    "install a version",
  ],
])("a package that %s ends the command with what to do", async (_, name, problem, remedy) => {
  const other = join(sandbox.folder, "node_modules", "@acme", "other");
  await mkdir(other, { recursive: true });
  await writeFile(join(other, "index.js"), "export const openOther = 1;\n");
  await writeFile(
    join(other, "package.json"),
    JSON.stringify({ name: "@acme/other", type: "module", main: "index.js" }),
  );
  const { code, stdout, stderr } = await sandbox.spawn(["audit", "count", "--backend", name], {
    env: { npm_config_user_agent: "pnpm/10.0.0 npm/? node/v20" },
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("--backend cannot be used: ");
  expect(stderr).toContain(problem);
  expect(stderr).toContain(remedy);
});
