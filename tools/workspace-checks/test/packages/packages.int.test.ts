import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDatabase } from "@agent-assembly/test-services";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { examplesIn } from "../../src/api/public-names.mjs";
import { Workspace } from "../../src/api/workspace.mjs";
import { compilerErrors, installProjects, packAll } from "../../src/packages/projects.js";
import { codeBlocks, guideExamples, installedPackages } from "../../src/packages/readme.js";
import { publishedFolders } from "../../src/published.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const typesNode = dirname(realpathSync(join(root, "tools/workspace-checks/node_modules/@types/node")));
const work = mkdtempSync(join(tmpdir(), "aasm-packages-"));
const projects = join(work, "projects");

const packages = publishedFolders(root);
const withExamples = packages.filter((directory) => directory !== "cli");

/** Examples of the guides, which say themselves what to install. */
const guides = ["README.md", ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`)]
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) => guideExamples(readFileSync(join(root, file), "utf8")).map((example) => ({ file, example })));

let errors: readonly string[];

beforeAll(() => {
  const tarballs = packAll(root, work);
  const wanted = withExamples.map((directory) => [directory, installedPackages(readme(directory))] as const);
  const all = new Map<string, readonly string[]>([
    ...wanted,
    ["cli", ["@agent-assembly/cli"]],
    ["guides", withExamples.map((directory) => `@agent-assembly/${directory}`)],
  ]);
  installProjects(root, projects, all, tarballs, typesNode);
  const workspace = new Workspace(root);
  for (const directory of withExamples) {
    const examples = [...codeBlocks(readme(directory), "ts"), ...examplesIn(workspace, `packages/${directory}`)];
    for (const [n, example] of examples.entries()) {
      // A module of its own, also where the block imports nothing.
      writeFileSync(join(projects, directory, `example-${n + 1}.ts`), `${example}\nexport {};\n`);
    }
  }
  for (const [n, { file, example }] of guides.entries()) {
    writeFileSync(join(projects, "guides", `example-${n + 1}.ts`), `// ${file}\n${example}\nexport {};\n`);
  }
  errors = compilerErrors(join(root, "node_modules/typescript/bin/tsc"), projects);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

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
async function runExample(directory: string, skip: (reason: string) => never): Promise<void> {
  const folder = join(projects, directory);
  const example = ["example-1.js"];
  const needed = SERVERS[directory];
  if (needed === undefined) {
    run(folder, example);
    return;
  }
  const { profiles, missing } = inject("services");
  const server = profiles.find(({ name }) => name === needed.profile);
  if (server === undefined) {
    return skip(`type-checked, but not run: ${missing.find(({ name }) => name === needed.profile)?.reason}`);
  }
  if (needed.profile === "redis") {
    run(folder, example, { [needed.variable]: server.url });
    return;
  }
  const { url, drop } = await createDatabase(server.url, "readme");
  try {
    run(folder, example, { [needed.variable]: url });
  } finally {
    await drop();
  }
}

describe("installed alone from its tarball", () => {
  it.for(withExamples)(
    "%s type-checks the examples of its README and docstrings, and runs the first",
    async (directory, { skip }) => {
      expect(installedPackages(readme(directory))).toContain(`@agent-assembly/${directory}`);
      expect(codeBlocks(readme(directory), "ts"), "the README has a TypeScript example").not.toEqual([]);
      expect(errors.filter((line) => line.startsWith(`${directory}/`))).toEqual([]);
      await runExample(directory, skip);
    },
  );

  it("all together type-check the examples of the guides", () => {
    expect(guides.length).toBeGreaterThan(3);
    expect(errors.filter((line) => line.startsWith("guides/"))).toEqual([]);
  });

  it("has declarations without errors", () => {
    expect(errors).toEqual([]);
  });

  it("cli starts, and records its demo", () => {
    const folder = join(projects, "cli");
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
