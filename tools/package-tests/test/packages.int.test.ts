import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDatabase } from "@agent-assembly/test-services";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { installProject } from "../src/project.js";
import { codeBlocks, installedPackages } from "../src/readme.js";
import { packAll } from "../src/tarballs.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const typesNode = dirname(realpathSync(join(root, "tools/package-tests/node_modules/@types/node")));
const tsc = join(root, "node_modules/typescript/bin/tsc");
const work = mkdtempSync(join(tmpdir(), "aasm-packages-"));
let tarballs: ReadonlyMap<string, string>;

beforeAll(() => {
  tarballs = packAll(root, work);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const packages = readdirSync(join(root, "packages"));

function readme(directory: string): string {
  return readFileSync(join(root, "packages", directory, "README.md"), "utf8");
}

function run(folder: string, command: readonly string[], variables: Readonly<Record<string, string>> = {}): string {
  const home = { HOME: folder, USERPROFILE: folder };
  const env = { ...process.env, ...home, ...variables };
  return execFileSync(process.execPath, command, { cwd: folder, encoding: "utf8", env });
}

/** The server an example needs, and the variable its README takes the URL from. */
const SERVERS: Readonly<Record<string, { readonly profile: "postgres" | "redis"; readonly variable: string }>> = {
  "storage-postgres": { profile: "postgres", variable: "DATABASE_URL" },
  "state-redis": { profile: "redis", variable: "REDIS_URL" },
};

/** Runs an example; one of PostgreSQL with a database of its own, and not at all where there is no server. */
async function runExample(directory: string, folder: string, skip: (reason: string) => never): Promise<void> {
  const needed = SERVERS[directory];
  if (needed === undefined) {
    run(folder, ["out/example-1.js"]);
    return;
  }
  const { profiles, missing } = inject("services");
  const server = profiles.find(({ name }) => name === needed.profile);
  if (server === undefined) {
    return skip(`type-checked, but not run: ${missing.find(({ name }) => name === needed.profile)?.reason}`);
  }
  if (needed.profile === "redis") {
    run(folder, ["out/example-1.js"], { [needed.variable]: server.url });
    return;
  }
  const { url, drop } = await createDatabase(server.url, "readme");
  try {
    run(folder, ["out/example-1.js"], { [needed.variable]: url });
  } finally {
    await drop();
  }
}

describe("installed alone from its tarball", () => {
  it.for(packages.filter((directory) => directory !== "cli"))(
    "%s type-checks the examples of its README, and runs the first",
    async (directory, { skip }) => {
      const markdown = readme(directory);
      const examples = codeBlocks(markdown, "ts");
      const names = installedPackages(markdown);
      expect(names).toContain(`@agent-assembly/${directory}`);
      expect(examples, "the README has a TypeScript example").not.toEqual([]);
      const folder = join(work, directory);
      installProject(folder, names, tarballs, typesNode);
      for (const [n, example] of examples.entries()) {
        // A module of its own, also where the block imports nothing.
        writeFileSync(join(folder, `example-${n + 1}.ts`), `${example}\nexport {};\n`);
      }
      run(folder, [tsc, "-p", "."]);
      await runExample(directory, folder, skip);
    },
  );

  it("cli starts, and records its demo", () => {
    const folder = join(work, "cli");
    installProject(folder, ["@agent-assembly/cli"], tarballs, typesNode);
    const bin = join(folder, "node_modules/@agent-assembly/cli/bin/aasm.js");
    expect(existsSync(bin)).toBe(true);
    const { version } = JSON.parse(readFileSync(join(root, "packages/cli/package.json"), "utf8")) as {
      version: string;
    };
    expect(run(folder, [bin, "--version"]).trim()).toBe(version);
    run(folder, [bin, "--path", join(folder, "demo.db"), "demo"]);
    expect(
      JSON.parse(run(folder, [bin, "--path", join(folder, "demo.db"), "audit", "count", "--json"])).count,
    ).toBeGreaterThan(100);
  });
});
