import { openArchive } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { SoakTables } from "../stores/store.js";
import type { Findings } from "./findings.js";
import type { History } from "./history.js";

/** Where events are. */
export interface EventPlaces {
  /** In the table, each as often as it is there. */
  readonly stored: ReadonlyMap<string, number>;
  readonly archived: ReadonlySet<string>;
  /** Agents whose events a legal hold keeps in the store, also those that were archived before it was placed. */
  readonly heldAgents: ReadonlySet<string>;
}

/**
 * Reads where every event is.
 * @param archiveUrl of an archive into which nothing is written meanwhile
 */
export async function findEvents(
  storage: StorageBackend,
  tables: SoakTables,
  archiveUrl: string,
  findings: Findings,
): Promise<EventPlaces> {
  const stored = new Map<string, number>();
  for await (const { id } of tables.events()) stored.set(id, (stored.get(id) ?? 0) + 1);
  const archived = new Set<string>();
  const heldAgents = new Set((await storage.holds.list()).map(({ agentId = "" }) => agentId));
  const archives = await storage.retentionSupport.archives();
  if (archives.length === 0) return { stored, archived, heldAgents };
  await using archive = await openArchive(archiveUrl, { access: "read" });
  for await (const { eventId } of archive.events()) archived.add(eventId);
  for await (const { path, status, reason } of archive.verify()) {
    if (status !== "ok") findings.add(`a file of the archive is ${status}`, `${path}: ${reason}`);
  }
  const catalogued = new Map(archives.map(({ archiveId, rows }) => [archiveId, rows]));
  let rows = 0;
  for await (const { archiveId, rows: written } of archive.manifests()) {
    rows += written;
    if (catalogued.get(archiveId) !== written) findings.add("an archive is not as its catalog says", archiveId);
    catalogued.delete(archiveId);
  }
  for (const archiveId of catalogued.keys()) findings.add("an archive is gone", archiveId);
  if (rows !== archived.size) {
    findings.add("events are archived twice", `${rows} rows in files, ${archived.size} events`);
  }
  return { stored, archived, heldAgents };
}

/** Every acknowledged event is there once, in the store or in the archive, and nothing that was not sent. */
export function checkEvents(history: History, { stored, archived, heldAgents }: EventPlaces, findings: Findings): void {
  for (const [id, times] of stored) {
    if (times > 1) findings.add("an event is stored twice", id);
    if (archived.has(id) && !heldAgents.has(history.sent.get(id)?.agentId ?? "")) {
      findings.add("an event is in the store and in the archive", id);
    }
    if (!history.sent.has(id)) findings.add("an event was never sent", id);
  }
  for (const id of archived) {
    const event = history.sent.get(id);
    if (event === undefined) findings.add("an archived event was never sent", id);
    else if (event.age === "held") findings.add("an event under a hold was archived", id);
    else if (event.age === "new") findings.add("a new event was archived", id);
  }
  for (const id of history.stored.keys()) {
    if (!stored.has(id) && !archived.has(id)) {
      findings.add(`an acknowledged event is lost (${history.sent.get(id)?.age})`, id);
    }
  }
}
