import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A workspace that consists of these files, for the time of the test. @returns its root */
export function plantWorkspace(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "planted-workspace-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

/** The package.json of a package with one entry, `src/index.ts`, and further ones by name. */
export function manifestOf(name: string, entries: readonly string[] = []): string {
  const exports = Object.fromEntries([
    [".", { types: "./dist/index.d.ts" }],
    ...entries.map((entry) => [`./${entry}`, { types: `./dist/${entry}.d.ts` }]),
    ["./package.json", "./package.json"],
  ]);
  return JSON.stringify({ name, exports });
}
