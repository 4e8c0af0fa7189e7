import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { commitAll, copyWorkspace, packagesIn, ROOT, version } from "../src/workspace-copy.js";

const folder = mkdtempSync(join(tmpdir(), "versions-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What changesets read. */
const isRead = (file: string): boolean =>
  /(?:^|\/)package\.json$|^\.changeset\/|^pnpm-(?:workspace|lock)\.yaml$/.test(file);

beforeAll(() => {
  copyWorkspace(folder, (file) => isRead(file) && !file.includes("/test/"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  // As if the first release were still to come, whatever has been released since.
  for (const name of packagesIn(folder).keys()) {
    const file = join(folder, "packages", name, "package.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"version": "[^"]+"/, '"version": "0.0.0"'));
  }
});

function versions(): ReadonlySet<string> {
  return new Set([...packagesIn(folder).values()].map((manifest) => manifest.version));
}

/** Describes a change of one package, and makes the release of it. */
function release(kind: "minor" | "patch"): void {
  const text = `---\n"@agent-assembly/storage-core": ${kind}\n---\n\nA ${kind} change.\n`;
  writeFileSync(join(folder, ".changeset", "one.md"), text);
  commitAll(folder, kind);
  version(folder);
}

it("stay below 1.0 and are the same for all packages", () => {
  release("minor");
  expect(versions()).toEqual(new Set(["0.1.0"]));
  release("patch");
  expect(versions()).toEqual(new Set(["0.1.1"]));
  release("minor");
  expect(versions()).toEqual(new Set(["0.2.0"]));
});

it("come with a change log for every package", () => {
  for (const name of packagesIn(folder).keys()) {
    expect(readFileSync(join(folder, "packages", name, "CHANGELOG.md"), "utf8"), name).toContain("## 0.2.0");
  }
});

it("of the development tools do not change", () => {
  expect(JSON.parse(readFileSync(join(folder, "tools/release/package.json"), "utf8"))).toMatchObject({
    version: "0.0.0",
  });
});
