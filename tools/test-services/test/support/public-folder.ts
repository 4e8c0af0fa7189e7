import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A temporary folder that every user can enter and write to, as servers may run as another user; removed after the test. */
export function publicFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "services-test-"));
  chmodSync(folder, 0o777);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
