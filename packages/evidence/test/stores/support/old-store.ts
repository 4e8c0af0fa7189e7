import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RetentionPolicy } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { onTestFinished } from "vitest";
import { createSealer, type Sealer } from "../../../src/index.js";
import type { StorePlace } from "./places.js";
import { event, KEY, NOW, sealedStore } from "./sealed-store.js";

export const DAY_MS = 86_400_000;
/** When all but the newest event of {@link oldStore} are old. */
export const OLD_AT = new Date(NOW + 40 * DAY_MS);

/** A sealed store whose events but for one are to leave it. */
export async function oldStore(
  place: StorePlace,
): Promise<{ readonly storage: StorageBackend; readonly sealer: Sealer; readonly clock: () => number }> {
  const { storage, at: clock } = await sealedStore(place);
  await storage.audit.append([event(5000, { ts: new Date(NOW + 39 * DAY_MS), sessionId: "late" })]);
  const sealer = createSealer(storage, { key: KEY, clock });
  await sealer.sealOnce();
  return { storage, sealer, clock };
}

/** Moves what is old into an archive. */
export function archivePolicy(folder: string): RetentionPolicy {
  return { archiveUrl: `file://${folder}`, audit: { hotDays: 10, warmDays: 20, coldAction: "archive" } };
}

/** A folder of one test, which is removed behind it. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "aasm-evidence-archive-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
