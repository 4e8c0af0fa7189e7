import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import {
  createSealer,
  dropAnnouncer,
  erasureEvidence,
  exportStore,
  generateSignerKey,
  type KeyPairSigner,
  type NoteVerifier,
  parseSignerKey,
  parseVerifierKey,
  rotateKey,
} from "@agent-assembly/evidence";
import { applyRetention, erasableArchives, openArchive } from "@agent-assembly/retention";
import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { NOW, uuid } from "./stores.js";

const DAY_MS = 86_400_000;
const ORIGIN = "example.com/audit";
/** Of each of two days: more together than one tile of the tree has. */
const EVENTS = 150;

/** Files by their paths below a folder, `/` between the parts. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A sealed store, and what was made of it: a log with two keys, erasures, a drop, and seals. */
export interface SealedEvidence {
  readonly keys: readonly NoteVerifier[];
  /** The key in force. */
  readonly signer: KeyPairSigner;
  /** Closed; the archive's events are not in it. */
  readonly storeFile: string;
  /** Of the whole log, with the archived events, and of its second day. */
  readonly exports: readonly Files[];
  /** Of the first day, of version 2; parts of its events were erased in it. */
  readonly archive: Files;
}

/** Makes {@link SealedEvidence} in an empty folder. */
export async function sealedEvidence(folder: string): Promise<SealedEvidence> {
  const [first, second] = [generateSignerKey(ORIGIN), generateSignerKey(ORIGIN)];
  const [key, signer] = [parseSignerKey(first.signerKey), parseSignerKey(second.signerKey)];
  const keys = [first, second].map(({ verifierKey }) => parseVerifierKey(verifierKey));
  const storeFile = join(folder, "sealed.db");
  let now = NOW;
  const clock = (): number => now;
  const storage = await openSealed(storeFile, clock);
  const sealer = createSealer(storage, { key, clock });
  await sealer.init();
  await storage.audit.append(eventsOf(0));
  await erase(storage, "session-1");
  await sealer.sealOnce();
  await rotateKey(storage, { key, next: signer, clock });
  const next = createSealer(storage, { key: signer, clock });
  now += 3_600_000;
  await storage.audit.append(eventsOf(1));
  await next.sealOnce();
  now = NOW + 19.5 * DAY_MS;
  const archiveFolder = join(folder, "archive");
  const archiveUrl = pathToFileURL(archiveFolder).href;
  const policy = { archiveUrl, audit: { hotDays: 5, warmDays: 20, coldAction: "archive" as const } };
  const run = await applyRetention(storage, policy, { now: new Date(now), evidence: dropAnnouncer(storage) });
  if (run.rows !== EVENTS) throw new Error(`retention archived ${run.rows} of ${EVENTS} events: ${run.outcome}`);
  await erase(storage, "session-2", true);
  await next.sealOnce();
  now += 3_600_000;
  await next.sealOnce();
  await using archive = await openArchive(archiveUrl, { access: "read" });
  const ranges = [{}, { from: new Date(NOW - DAY_MS), to: new Date(NOW + DAY_MS) }];
  const exports: Files[] = [];
  for (const [at, range] of ranges.entries()) {
    const place = join(folder, `export-${at}`);
    await exportStore(storage, { folder: place, archives: [archive], ...range });
    exports.push(filesIn(place));
  }
  await storage.close();
  return { keys, signer, storeFile, exports, archive: filesIn(archiveFolder) };
}

/** Opens the store of {@link SealedEvidence}. */
export function openSealed(path: string, clock?: () => number): Promise<StorageBackend> {
  return openSqliteStorage({ path, governanceEvents: false, ...(clock && { clock }) });
}

/** All files below a folder. */
export function filesIn(folder: string): Files {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.sort().map((path) => [relative(folder, path).replaceAll("\\", "/"), readFileSync(path)]));
}

/** The events of a day, a minute apart. */
function eventsOf(day: number): NewAuditEvent[] {
  return Array.from({ length: EVENTS }, (_, n) => ({
    ts: new Date(NOW + (day - 1) * DAY_MS + n * 60_000),
    eventId: uuid(day * EVENTS + n),
    agentId: `agent-${n % 3}`,
    sessionId: `session-${n % 7}`,
    action: "tool_call",
    decision: n % 5 === 0 ? "deny" : "allow",
    payload: { tool: "send_mail", arguments: { to: "ann@example.com", n } },
  }));
}

async function erase(storage: StorageBackend, sessionId: string, isArchived = false): Promise<void> {
  const evidence = erasureEvidence(storage, { waitMs: 0 });
  const archives = isArchived ? await erasableArchives(storage, { evidence }) : [];
  const parts = ["sessionId", "payload:/arguments"];
  await storage.erase({ filter: { sessionId }, parts, request: sessionId, basis: "Art. 17" }, { evidence, archives });
}
