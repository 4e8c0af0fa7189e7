import { type ChangeContext, type Clock, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { type EvidenceLog, invalidArgument, parseText, systemClock } from "@agent-assembly/storage-core/backend";
import type { ForkStatement } from "../leaf/entry.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { parseCheckpoint } from "../note/checkpoint.js";
import { type KeyPairSigner, keyNameProblem } from "../note/key.js";
import { splitNote } from "../note/note.js";
import { beginLog } from "./begin-log.js";

/** Options of {@link forkLog}. */
export interface ForkLogOptions extends Pick<ChangeContext, "actor"> {
  /** Signs the new log; its name is {@link nextLogName}. */
  readonly key: KeyPairSigner;
  /** Why, as the log states it: 1 to 512 characters, without personal data. */
  readonly reason: string;
  /** Signed checkpoints of the log that are known from elsewhere, such as from an anchor that is ahead. @default none */
  readonly known?: readonly string[] | undefined;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** A log that continues another one. */
export interface LogFork {
  readonly log: number;
  readonly origin: string;
  /** What its first leaf embeds: the newest signed checkpoint of the log before. */
  readonly continues: { readonly origin: string; readonly size: number };
}

/** The name of the log behind another one: `example.com/audit/2` behind `example.com/audit`. */
export function nextLogName({ log, origin }: Pick<EvidenceLog, "log" | "origin">): string {
  const suffix = `/${log}`;
  const name = log > 1 && origin.endsWith(suffix) ? origin.slice(0, -suffix.length) : origin;
  return `${name}/${log + 1}`;
}

/**
 * Begins another log, where the history of the newest one split, such as by a restored backup, or its key was lost. Its first leaf
 * embeds the newest signed checkpoint that is known of the log before, whose checkpoints stay valid. All events that are in the
 * store are then sealed anew: seal, and sign with the new key.
 * @throws `conflict` where no checkpoint is known, or another log was begun meanwhile; `invalid_argument` for another name of the
 *   key, or a note that is no checkpoint of the log
 * @example
 * ```ts
 * import { createSealer, forkLog, type KeyPairSigner } from "@agent-assembly/evidence";
 * import type { StorageBackend } from "@agent-assembly/storage-core";
 *
 * export async function continueLog(storage: StorageBackend, key: KeyPairSigner, note: string): Promise<number> {
 *   await forkLog(storage, { key, reason: "restored the backup of 2026-11-28", known: [note] });
 *   const { size } = await createSealer(storage, { key }).sealOnce();
 *   return size;
 * }
 * ```
 */
export async function forkLog(
  storage: StorageBackend,
  { key, reason, known = [], actor, clock = systemClock }: ForkLogOptions,
): Promise<LogFork> {
  const support = evidenceOf(storage);
  const before = await requireLog(support);
  const origin = nextLogName(before);
  const problem = keyNameProblem(origin);
  if (problem !== undefined) throw invalidArgument("options.key", problem);
  if (key.name !== origin) throw invalidArgument("options.key", `must have the name ${origin}`);
  parseText("options.reason", reason);
  const [stored] = await support.checkpoints(1, before.log);
  const notes = [...known, ...(stored === undefined ? [] : [stored.note])];
  let newest: { readonly size: number; readonly note: string } | undefined;
  for (const [at, note] of notes.entries()) {
    const { origin: of, size } = parseCheckpoint(splitNote(note).text);
    if (of !== before.origin) throw invalidArgument(`options.known[${at}]`, `must be a checkpoint of ${before.origin}`);
    if (newest === undefined || size > newest.size) newest = { size, note };
  }
  if (newest === undefined) throw neverSigned(before.origin);
  const now = clock();
  const at = new Date(now).toISOString();
  const fork: ForkStatement = { t: "fork", v: 1, at, checkpoint: newest.note, reason };
  const continues = { origin: before.origin, size: newest.size };
  const begun = await beginLog(support, {
    log: before.log + 1,
    origin,
    now,
    vkey: key.verifierKey,
    fork,
    change: "log.forked",
    before: continues,
    by: { actor, reason },
  });
  if (!begun) throw outrun();
  return { log: before.log + 1, origin, continues };
}

function neverSigned(origin: string): StorageError {
  return new StorageError({
    code: "conflict",
    message: `no signed checkpoint of ${origin} is known, so that there is nothing to continue`,
    remedy: "Give one that is kept elsewhere, or sign one with the key of the log.",
  });
}

function outrun(): StorageError {
  return new StorageError({
    code: "conflict",
    message: "another log was begun meanwhile",
    remedy: "Look at the store's log, as aasm evidence status shows it.",
  });
}
