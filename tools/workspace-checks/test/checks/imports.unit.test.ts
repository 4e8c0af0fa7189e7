import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { findViolations } from "../../src/checks/import-rules.js";

const root = mkdtempSync(join(tmpdir(), "import-rules-"));
afterAll(() => rmSync(root, { recursive: true }));

function plant(packageName: string, source: string, parent = "packages"): string[] {
  const folder = join(root, parent, packageName, "src");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "planted.ts"), source);
  const found = findViolations(root).map(({ module }) => module);
  rmSync(join(root, parent), { recursive: true });
  return found;
}

describe("import rules", () => {
  it.each([
    ["storage-core", 'import Database from "better-sqlite3";', "better-sqlite3"],
    ["cli", 'const { default: pg } = await import("postgres");', "postgres"],
    ["storage", 'export { sql } from "drizzle-orm/sqlite-core";', "drizzle-orm/sqlite-core"],
    ["migrations", 'import type { X } from "@agent-assembly/storage-sqlite";', "@agent-assembly/storage-sqlite"],
    ["storage-core", 'import "@agent-assembly/migrations";', "@agent-assembly/migrations"],
    ["cli", 'import { x } from "../../../packages/storage/src/x.js";', "../../../packages/storage/src/x.js"],
  ])("in %s refuse %s", (packageName, source, module) => expect(plant(packageName, source)).toEqual([module]));

  it("allow a backend its driver and core", () => {
    const source = 'import Database from "better-sqlite3";\nimport { x } from "@agent-assembly/storage-core/memory";';
    expect(plant("storage-sqlite", source)).toEqual([]);
  });

  it("let an example import only what a backend of another publisher needs", () => {
    const [core, sqlite] = ["@agent-assembly/storage-core/backend", "@agent-assembly/storage-sqlite"];
    const source = `import { x } from "${core}";\nimport { y } from "${sqlite}";`;
    expect(plant("jsonl-backend", source, "examples")).toEqual([sqlite]);
  });

  it("hold in this workspace", () => {
    expect(findViolations(fileURLToPath(new URL("../../../..", import.meta.url)))).toEqual([]);
  });
});
