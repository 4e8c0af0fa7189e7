import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { findLinkProblems, headingAnchors } from "../../src/checks/document-links.mjs";

function problemsOf(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), "aasm-links-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return findLinkProblems(root).map(({ file, line, problem }) => `${file}:${line}: ${problem}`);
}

it("no link of this workspace's documents is broken", () => {
  expect(findLinkProblems(fileURLToPath(new URL("../../../..", import.meta.url)))).toEqual([]);
});

it("links lead to files and headings", () => {
  const guide = "# The guide\n\n## Roles, and `sql/roles.sql`\n\n[up](../README.md) [here](#roles-and-sqlrolessql)\n";
  expect(
    problemsOf({ "README.md": "[a](docs/guide.md#the-guide) [b](https://example.com/x)", "docs/guide.md": guide }),
  ).toEqual([]);
});

it("broken links are named with file and line", () => {
  const text = "# A\n\n[a](b.md)\n[c](docs/guide.md#no)\n[d](docs)\n[e](#f)\n[g](../outside.md)\n";
  expect(problemsOf({ "README.md": text, "docs/guide.md": "# The guide\n" })).toEqual([
    'README.md:3: "b.md" leads to no file',
    'README.md:4: "docs/guide.md#no" leads to no heading of docs/guide.md',
    'README.md:5: "docs" leads to a folder: link a file in it',
    'README.md:6: "#f" leads to no heading of README.md',
    'README.md:7: "../outside.md" leads to no file',
  ]);
});

it("code is no link and no heading", () => {
  expect(problemsOf({ "README.md": "`[a](b.md)`\n\n```sh\n# comment\n[c](d.md)\n```\n" })).toEqual([]);
  expect([...headingAnchors("# One\n\n```sh\n# two\n```\n\n## One\n")]).toEqual(["one", "one-1"]);
});
