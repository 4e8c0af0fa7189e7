import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { StorageHarness } from "@agent-assembly/storage-contract";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { type AuditEventRow, compareAuditKeys } from "@agent-assembly/storage-core/backend";
import type { EventChange } from "@agent-assembly/storage-core/memory";
import { openJsonlStorage } from "../../src/index.js";

/** The path of a file that does not exist yet, in a folder of its own. */
export function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), "aasm-jsonl-")), "store.jsonl");
}

/** Each store is a file in a temporary folder. */
export const jsonlHarness: StorageHarness = {
  name: "jsonl",
  create: (options) => openJsonlStorage({ path: newPath(), ...options }),
  async reopen(backend, options) {
    await backend.close();
    return openJsonlStorage({ path: pathOf(backend), ...options });
  },
  async destroy(backend) {
    await backend.close();
    rmSync(dirname(pathOf(backend)), { recursive: true, force: true });
  },
  readStoredEvents: async (backend) => eventsIn(pathOf(backend)),
};

/** The events that the lines of a file leave, by key. */
export function eventsIn(path: string): AuditEventRow[] {
  const rows = new Map<string, AuditEventRow>();
  const keyOf = ({ ts, eventId }: Pick<AuditEventRow, "ts" | "eventId">): string => `${ts} ${eventId}`;
  for (const line of readFileSync(path, "utf8").trimEnd().split("\n")) {
    const { kind, change } = JSON.parse(line) as { readonly kind?: string; readonly change: EventChange };
    if (kind !== "events") continue;
    if ("inserted" in change) for (const row of change.inserted) rows.set(keyOf(row), row);
    else if ("removed" in change) for (const key of change.removed) rows.delete(keyOf(key));
  }
  return [...rows.values()].sort(compareAuditKeys);
}

function pathOf({ location }: StorageBackend): string {
  if (location === undefined) throw new TypeError("this store has no file");
  return location;
}
