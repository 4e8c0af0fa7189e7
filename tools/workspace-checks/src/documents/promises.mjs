import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

const DOCUMENT = "docs/threat-model.md";
const LINK = /\]\(([^()\s]+)\)/g;
/** A test file, or cases of the contract, which every backend runs. */
const TEST = /\.(?:unit|int|contract)\.test\.ts$|^packages\/storage-contract\/src\/cases\/.+\.ts$/;

/**
 * Promises of the threat model without a test: rows of the tables under "Promises" whose last cell links no test that exists.
 * @param {string} root
 * @returns {{ file: string, line: number, problem: string }[]} with paths relative to `root`; lines count from 1
 */
export function findPromiseProblems(root) {
  if (!existsSync(join(root, DOCUMENT))) return [];
  const lines = readFileSync(join(root, DOCUMENT), "utf8").split("\n");
  const first = lines.indexOf("## Promises");
  const rest = lines.slice(first + 1);
  const next = rest.findIndex((line) => line.startsWith("## "));
  const end = next === -1 ? lines.length : first + 1 + next;
  const rows = lines
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text, line }) => line > first + 1 && line <= end && text.startsWith("| "))
    .filter(({ text }) => !text.startsWith("| Promise |"));
  if (first === -1 || rows.length === 0) return [{ file: DOCUMENT, line: 1, problem: "makes no promises" }];
  return rows.flatMap(({ text, line }) => {
    const cell =
      text
        .replace(/\|\s*$/, "")
        .split("|")
        .at(-1) ?? "";
    const tests = [...cell.matchAll(LINK)].map(([, link = ""]) => posix.join(posix.dirname(DOCUMENT), link));
    if (tests.length === 0) return [{ file: DOCUMENT, line, problem: "the promise names no test" }];
    return tests
      .filter((test) => !TEST.test(test) || !existsSync(join(root, test)))
      .map((test) => ({ file: DOCUMENT, line, problem: `the promise names "${test}", which is no test that exists` }));
  });
}
