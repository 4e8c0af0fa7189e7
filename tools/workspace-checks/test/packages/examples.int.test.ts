import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { installDependencies, packAll } from "../../src/packages/projects.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "aasm-examples-"));
const installed = join(work, "examples");

/** The examples that are programs, by folder; the backend among the examples is a package, and tested as one. */
const examples = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "jsonl-backend")
  .map(({ name }) => name);

/** What an example depends on, with our packages as they are packed. */
function dependenciesOf(example: string, tarballs: ReadonlyMap<string, string>): Record<string, string> {
  const manifest = readFileSync(join(root, "examples", example, "package.json"), "utf8");
  const { dependencies } = JSON.parse(manifest) as { dependencies: Readonly<Record<string, string>> };
  return Object.fromEntries(
    Object.entries(dependencies).map(([name, range]) => {
      const tarball = tarballs.get(name);
      return [name, tarball === undefined ? range : `file:${tarball}`];
    }),
  );
}

beforeAll(() => {
  const tarballs = packAll(root, work);
  const wanted = examples.map((name) => [name, dependenciesOf(name, tarballs)] as const);
  installDependencies(root, installed, new Map(wanted), tarballs);
  for (const name of examples) {
    cpSync(join(root, "examples", name, "src"), join(installed, name, "src"), { recursive: true });
  }
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

it.each(examples)("%s passes its tests with packed packages, installed outside of the workspace", async (name) => {
  const folder = join(root, "examples", name);
  const args = [join(folder, "node_modules/vitest/vitest.mjs"), "run"];
  const env = { ...process.env, AASM_INSTALLED_EXAMPLES: installed, NO_COLOR: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/);
});
