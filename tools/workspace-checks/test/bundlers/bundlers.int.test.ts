import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { BUNDLERS, type Bundler, layOut } from "../../src/packages/bundlers.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "aasm-bundlers-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** As docs/bundling.md says; an app without these packages needs no such line. */
function externalOf({ name }: Bundler): string[] {
  return name === "esbuild" ? ["better-sqlite3", "redis"] : ["better-sqlite3"];
}

const SHARED = ["storage-core", "migrations", "storage", "storage-sqlite"];
const ALL = [...SHARED, "storage-postgres", "state-redis", "retention", "storage-contract", "transcripts", "evidence"];

/** Bundles an app whose packages are installed beside it, and runs the bundle. @returns what it prints, which is JSON */
async function bundled(bundler: Bundler, app: string, packages: readonly string[]): Promise<unknown> {
  const folder = join(work, bundler.name.replaceAll(" ", "-"), app);
  mkdirSync(folder, { recursive: true });
  layOut(root, folder, packages);
  copyFileSync(new URL(`fixtures/${app}.mjs`, import.meta.url), join(folder, "app.mjs"));
  const program = await bundler.bundle(folder, externalOf(bundler));
  return JSON.parse(execFileSync(process.execPath, [program], { cwd: folder, encoding: "utf8" }));
}

it.each(BUNDLERS)("$name: an app with every package runs, and says that the SDK of S3 is missing", async (bundler) => {
  expect(await bundled(bundler, "all-packages", ALL)).toEqual({
    // The event, and what records the policy and the configuration.
    count: 3,
    document: { allow: ["search"] },
    planned: 0,
    days: 2,
    postgres: "unavailable",
    // It waits for its server.
    redis: "no error",
    s3: "unsupported",
    unknown: "unsupported",
    functions: true,
  });
});

// Of the formats of one bundler, one is enough here.
it.each(BUNDLERS.filter(({ name }) => !name.endsWith("CommonJS")))(
  "$name: an app without the optional packages builds, and says which one to install",
  async (bundler) => {
    // The remedy names the package manager that runs the tests.
    const missing = (name: string) => expect.stringContaining(`the package ${name} is not installed`);
    expect(await bundled(bundler, "only-sqlite", SHARED)).toEqual([
      missing("@agent-assembly/storage-postgres"),
      missing("@agent-assembly/state-redis"),
    ]);
  },
);
