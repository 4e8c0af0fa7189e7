import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { findPromiseProblems } from "../../src/documents/promises.mjs";

const HEAD =
  "# Threat model\n\n| a | table |\n|---|---|\n| of something | else |\n\n## Promises\n\n| Promise | Against | Test |\n|---|---|---|\n";

function problemsOf(document: string): string[] {
  const root = mkdtempSync(join(tmpdir(), "aasm-promises-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ["docs", "packages/a/test", "packages/a/src"])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "docs/threat-model.md"), document);
  writeFileSync(join(root, "packages/a/test/there.int.test.ts"), "");
  writeFileSync(join(root, "packages/a/src/there.ts"), "");
  return findPromiseProblems(root).map(({ line, problem }) => `${line}: ${problem}`);
}

it("every promise of this workspace has a test", () => {
  expect(findPromiseProblems(fileURLToPath(new URL("../../../..", import.meta.url)))).toEqual([]);
});

it("a promise names a test that exists", () => {
  expect(
    problemsOf(`${HEAD}| one | all | [t](../packages/a/test/there.int.test.ts) |\n\n## Not\n\n| x | y |\n`),
  ).toEqual([]);
});

it("one that names none, a missing one, or what is no test is a problem", () => {
  const rows = [
    "| [link](../packages/a/test/there.int.test.ts) | all | |",
    "| one | all | [t](../packages/a/test/gone.int.test.ts) |",
    "| two | all | [t](../packages/a/src/there.ts) |",
  ];
  expect(problemsOf(`${HEAD}${rows.join("\n")}\n`)).toEqual([
    "11: the promise names no test",
    '12: the promise names "packages/a/test/gone.int.test.ts", which is no test that exists',
    '13: the promise names "packages/a/src/there.ts", which is no test that exists',
  ]);
  expect(problemsOf("# Threat model\n")).toEqual(["1: makes no promises"]);
});
