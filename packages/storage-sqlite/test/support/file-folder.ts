import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder that all tests of a file share and that is gone after them. */
export function folderOfFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "aasm-sqlite-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
