import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createSealer, parseSignerKey, parseVerifierKey, verifyStore } from "@agent-assembly/evidence";
import { type Archive, openArchive } from "@agent-assembly/retention";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { eraseSessions } from "../roles/eraser.js";
import { SESSION_PREFIX, type Settings } from "../settings.js";
import type { Findings } from "./findings.js";
import { entriesOf, type History } from "./history.js";

const ATTEMPTS = 60;
/** Letters of a session's name behind the prefix: a UUID. */
const UUID_LETTERS = 36;

/** Seals everything. @throws where another sealer holds the lease for a minute */
export async function sealAll(storage: StorageBackend, { signerKey }: Pick<Settings, "signerKey">): Promise<void> {
  const sealer = createSealer(storage, { key: parseSignerKey(signerKey) });
  for (let attempts = 1; ; attempts++) {
    const { sealed, events } = await sealer.sealOnce();
    if (sealed && events === 0) return;
    if (attempts === ATTEMPTS) throw new Error(`the store was not sealed within ${ATTEMPTS} attempts`);
    await new Promise((resolve) => setTimeout(resolve, sealed ? 0 : 1000));
  }
}

/** Finishes erasures that were cut off, also in archives. @returns the sessions that are erased now */
export async function finishErasures(
  storage: StorageBackend,
  history: History,
  findings: Findings,
  /** Whether the store can clear its files. */
  clears: boolean,
): Promise<ReadonlySet<string>> {
  const held = new Set((await storage.holds.list()).map(({ agentId }) => agentId));
  const begun = [...new Set(entriesOf(history, "erasing").map(({ sessionId }) => sessionId))];
  const free: string[] = [];
  for (const sessionId of begun) {
    const { items } = await storage.audit.query({ sessionId }, { limit: 1 });
    if (!held.has(items[0]?.agentId)) free.push(sessionId);
  }
  if (free.length === 0) return new Set();
  // Each for itself, as it was asked for: one that was cut off before the file was cleared has no events left that tell of it.
  for (const sessionId of free) {
    const { remains } = await eraseSessions(storage, [sessionId], { isArchived: true, waitMs: 60_000 });
    if (clears) for (const what of remains) findings.add("something remains of what was erased", what);
  }
  const left = await storage.audit.count({ sessionId: free });
  if (left > 0) findings.add("erased sessions have events", `${left}`);
  return new Set(free);
}

/** As {@link checkLog}, with the archive. */
export async function checkEvidence(
  storage: StorageBackend,
  rows: number,
  { signerKey, archiveUrl }: Settings,
  findings: Findings,
): Promise<number> {
  await using archive = await openArchive(archiveUrl, { access: "read" });
  return await checkLog(storage, rows, { signerKey, archives: [archive] }, findings);
}

/** The log agrees with rows and archives, and each event has one leaf. @returns its leaves that stand for events */
export async function checkLog(
  storage: StorageBackend,
  rows: number,
  { signerKey, archives }: Pick<Settings, "signerKey"> & { readonly archives: readonly Archive[] },
  findings: Findings,
): Promise<number> {
  const keys = [parseVerifierKey(parseSignerKey(signerKey).verifierKey)];
  const found = await verifyStore(storage, { keys, archives });
  for (const { code, leaf, detail } of found.findings) findings.add(`the log finds ${code}`, `leaf ${leaf}: ${detail}`);
  if (found.uncompared > 0) findings.add("events could not be compared with the log", `${found.uncompared}`);
  if (found.events !== rows + found.dropped) {
    const said = `${found.events} leaves, ${rows} rows, ${found.dropped} dropped`;
    findings.add("not every event has one leaf", said);
  }
  return found.events;
}

/** Every change of a policy that was acknowledged is recorded once. */
export async function checkGovernance(history: History, storage: StorageBackend, findings: Findings): Promise<void> {
  const recorded = new Map<string, number>();
  for await (const { payload } of storage.audit.stream({ action: "governance" })) {
    const { change, actor } = payload as { change: string; actor?: string };
    const key = `${change} by ${actor}`;
    recorded.set(key, (recorded.get(key) ?? 0) + 1);
  }
  for (const { actor } of entriesOf(history, "activated")) {
    const times = recorded.get(`policy.activated by ${actor}`) ?? 0;
    if (times !== 1) findings.add("an activation is not recorded once", `${times} times: ${actor}`);
  }
}

/** No file of a store has the name of a session that was erased. */
export async function checkFiles(
  folder: string,
  erased: ReadonlySet<string>,
  findings: Findings,
  isOfStore: (name: string) => boolean = () => true,
): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !isOfStore(entry.name)) continue;
    for await (const sessionId of sessionsIn(join(entry.parentPath, entry.name))) {
      if (erased.has(sessionId)) findings.add(`an erased value is in the file ${entry.name}`, sessionId);
    }
  }
}

async function* sessionsIn(file: string): AsyncGenerator<string> {
  const length = SESSION_PREFIX.length + UUID_LETTERS;
  let rest = "";
  for await (const piece of createReadStream(file)) {
    const text = rest + (piece as Buffer).toString("latin1");
    for (let at = text.indexOf(SESSION_PREFIX); at >= 0; at = text.indexOf(SESSION_PREFIX, at + 1)) {
      if (at + length <= text.length) yield text.slice(at, at + length);
    }
    rest = text.slice(-(length - 1));
  }
}
