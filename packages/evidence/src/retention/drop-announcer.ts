import type { StorageBackend } from "@agent-assembly/storage-core";
import { isEvidenceError } from "../errors.js";
import type { DropStatement } from "../leaf/entry.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { evidenceOfRows, type RowEvidence, type RowsOfArchive } from "../sealing/archive-rows.js";
import { sealedSoFar } from "../sealing/sealed-so-far.js";
import { createSealer, type Sealer } from "../sealing/sealer.js";
import { announceDrop, type DropPlan } from "./announce-drop.js";
import { type DropIntent, type DropLog, namedRuns, stateDropped } from "./drop-result.js";

/** Options of {@link dropAnnouncer}. */
export interface DropAnnouncerOptions {
  /** Appends the statements. @default one without a key: the next checkpoint of another sealer signs them */
  readonly sealer?: Sealer | undefined;
  /** Milliseconds in which other sealers may be ahead again and again; it fails with `busy` then. @default 30,000 */
  readonly waitMs?: number | undefined;
}

/** States in the log of a store what a retention run drops: the `evidence` of `applyRetention` and `scheduleRetention`. */
export interface StoreDropAnnouncer {
  /**
   * States which rows are about to be dropped.
   * @returns what states afterwards which of them are gone
   * @throws as {@link announceDrop}
   */
  announceDrop(drop: DropPlan & { readonly signal?: AbortSignal | undefined }): Promise<{ done(): Promise<void> }>;
  /** Seals rows that are about to be archived. @returns what the archive keeps of their evidence */
  archiveRows(rows: RowsOfArchive & { readonly signal?: AbortSignal | undefined }): Promise<RowEvidence>;
  /** States what became of drops that were announced and whose process ended before it stated that. */
  finishDrops(): Promise<void>;
}

const PAGE = 1000;

/**
 * Makes retention state what it drops in the log of the store.
 * @throws `unsupported` for a store that keeps no evidence
 * @example
 * ```ts
 * import { dropAnnouncer } from "@agent-assembly/evidence";
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * // applyRetention(storage, policy, { evidence })
 * const evidence = dropAnnouncer(storage);
 * ```
 */
export function dropAnnouncer(
  storage: StorageBackend,
  { sealer = createSealer(storage), waitMs = 30_000 }: DropAnnouncerOptions = {},
): StoreDropAnnouncer {
  const support = evidenceOf(storage);
  const logOf = async (): Promise<DropLog> => ({ support, log: (await requireLog(support)).log, sealer });
  return {
    async announceDrop({ signal, ...plan }) {
      await sealedSoFar(sealer, waitMs, signal);
      const { done } = await announceDrop(storage, sealer, plan);
      return {
        async done() {
          await done();
        },
      };
    },
    async archiveRows({ signal, ...rows }) {
      await sealedSoFar(sealer, waitMs, signal);
      return evidenceOfRows(storage, rows);
    },
    async finishDrops() {
      const log = await logOf();
      for (const intent of await openIntents(log)) await stateDropped(log, intent);
    },
  };
}

/** The drops that were announced, and of which nothing says what became of them. */
async function openIntents({ support, log }: DropLog): Promise<DropIntent[]> {
  const open = new Map<number, DropIntent>();
  for (let from = 0; ; ) {
    const page = await support.statements(log, { from, limit: PAGE });
    for (const { leaf, kind, entry, list } of page) {
      const statement = kind === "drop" ? parseDrop(entry) : undefined;
      if (statement === undefined) continue;
      if (statement.intent !== null) {
        open.delete(statement.intent);
        continue;
      }
      // A list that was changed is found by a verification, and names nothing here.
      const runs = namedRuns(list, statement);
      if (runs !== undefined) open.set(leaf, { leaf, statement, runs });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return [...open.values()];
    from = last.leaf + 1;
  }
}

function parseDrop(entry: string): DropStatement | undefined {
  try {
    const parsed = parseEntry(Buffer.from(entry));
    return parsed.t === "drop" ? parsed : undefined;
  } catch (error) {
    // It is found as damaged by a verification.
    if (isEvidenceError(error)) return undefined;
    throw error;
  }
}
