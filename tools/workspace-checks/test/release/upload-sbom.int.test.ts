import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { publishedFolders } from "../../src/published.mjs";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "upload-sbom-"));
const bills = join(work, "sbom");
const calls = join(work, "calls");
const published = publishedFolders(ROOT).map((name) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8"));
  return { name: manifest.name as string, version: manifest.version as string };
});

function program(name: string, script: string): void {
  mkdirSync(join(work, "bin"), { recursive: true });
  writeFileSync(join(work, "bin", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(work, "bin", name), 0o755);
}

function run(command: string, args: readonly string[], packages: unknown, cwd = ROOT) {
  const PATH = `${join(work, "bin")}${delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH, CALLS: calls, PUBLISHED_PACKAGES: JSON.stringify(packages) };
  return spawnSync(command, args, { cwd, env, encoding: "utf8" });
}

function upload(packages: unknown = published) {
  const script = join(ROOT, "tools/workspace-checks/src/release/upload-sbom.mjs");
  return run(process.execPath, [script, bills], packages);
}

function called(): string[] {
  return existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [];
}

beforeAll(() => {
  program("gh", 'echo "gh $*" >> "$CALLS"');
  program("npx", 'echo "npx $*" >> "$CALLS"');
  const script = join(ROOT, "tools/workspace-checks/src/release/sbom.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, bills], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the bills cannot be made: ${stderr}`);
});
afterEach(() => rmSync(calls, { force: true }));
afterAll(() => rmSync(work, { recursive: true }));

describe("after a release", () => {
  it("each package's bill of materials is attached to the release of its version", () => {
    expect(upload()).toMatchObject({ status: 0, stderr: "" });
    expect(called()).toHaveLength(published.length);
    for (const [at, { name, version }] of published.entries()) {
      const [, , , tag, file = ""] = called()[at]?.split(" ") ?? [];
      expect(tag).toBe(`${name}@${version}`);
      const { component } = JSON.parse(readFileSync(file, "utf8")).metadata;
      expect(`@${component.group?.replace("@", "")}/${component.name}@${component.version}`).toBe(tag);
    }
  });

  it("nothing is attached while a bill is missing", () => {
    const [last = ""] = readdirSync(bills).slice(-1);
    renameSync(join(bills, last), join(work, last));
    const { status, stderr } = upload();
    renameSync(join(work, last), join(bills, last));
    expect(status).not.toBe(0);
    expect(stderr).toContain(last);
    expect(stderr).toContain("run `pnpm run sbom` first");
    expect(called()).toEqual([]);
  });

  it("no published package is an error, since the step runs only after a release", () => {
    expect(upload([]).stderr).toContain("PUBLISHED_PACKAGES names no package");
  });

  it("the workflow makes the bills first, with the token that `gh` needs", () => {
    const workflow = readFileSync(join(ROOT, ".github/workflows/release.yml"), "utf8");
    const [before = "", step = ""] = workflow.split("      - if: steps.changesets.outputs.published == 'true'\n");
    expect(before).toContain("- id: changesets\n        uses: changesets/action@");
    expect(step).toMatch(/ GH_TOKEN: \$\{\{ secrets.GITHUB_TOKEN \}\}\n/);
    expect(step).toMatch(/ PUBLISHED_PACKAGES: \$\{\{ steps.changesets.outputs.publishedPackages \}\}\n/);
    const [, script = ""] = /run: \|\n((?: {10}.*\n)+)/.exec(step) ?? [];
    // Into the folder that the workflow has: the names of what is uploaded are checked above.
    const local = script.replace("upload-sbom.mjs", `upload-sbom.mjs ${bills}`);
    expect(run("bash", ["-e", "-c", local], published)).toMatchObject({ status: 0, stderr: "" });
    const [first = "", ...uploads] = called();
    expect(first).toMatch(/^npx --yes pnpm@[\d.]+ run sbom$/);
    expect(uploads.map((call) => dirname(call.split(" ")[4] ?? ""))).toEqual(published.map(() => bills));
    expect(new Set(uploads.map((call) => basename(call.split(" ")[4] ?? "")))).toEqual(new Set(readdirSync(bills)));
  });
});
