import { type ChangeContext, type Clock, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { governanceEvent, invalidArgument, parseContext, systemClock } from "@agent-assembly/storage-core/backend";
import { logKeys } from "../log/log-keys.js";
import { evidenceOf, requireLog } from "../log/store-log.js";
import type { KeyPairSigner } from "../note/key.js";
import { keyStatement } from "./begin-log.js";
import { createSealer } from "./sealer.js";
import { LogSigner, type SignedCheckpoint, type SignOptions } from "./sign.js";

/** Options of {@link rotateKey}. */
export interface RotateKeyOptions extends ChangeContext, Pick<SignOptions, "known"> {
  /** The key in force. */
  readonly key: KeyPairSigner;
  /** The one that replaces it: of the same name. */
  readonly next: KeyPairSigner;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** What a rotation left. */
export interface KeyRotation {
  /** Leaf of the statement that names the new key. */
  readonly leaf: number;
  /** Signed by both keys, so that those who have the old one see the change. */
  readonly checkpoint: SignedCheckpoint;
}

/**
 * Replaces the key of a log: the log states it, and one checkpoint is signed by both keys. Later ones are signed by the new key
 * alone, and the old one is refused. Call it again where it was interrupted.
 * @throws `conflict` where `key` is not the key in force, or the new one was used before; `SealingRefusal`; `invalid_argument`
 * @example
 * ```ts
 * import { generateSignerKey, type KeyPairSigner, parseSignerKey, rotateKey } from "@agent-assembly/evidence";
 * import type { StorageBackend } from "@agent-assembly/storage-core";
 *
 * export async function replaceKey(storage: StorageBackend, key: KeyPairSigner): Promise<string> {
 *   const { signerKey } = generateSignerKey(key.name);
 *   await rotateKey(storage, { key, next: parseSignerKey(signerKey), reason: "yearly" });
 *   return signerKey;
 * }
 * ```
 */
export async function rotateKey(
  storage: StorageBackend,
  { key, next, known, actor, reason, clock = systemClock }: RotateKeyOptions,
): Promise<KeyRotation> {
  const by = parseContext({ actor, reason });
  const support = evidenceOf(storage);
  const signer = new LogSigner(support, { known }, clock);
  const before = await requireLog(support);
  if (next.name !== before.origin) {
    throw invalidArgument("options.next", `must have the name of the log, ${before.origin}`);
  }
  const keys = await logKeys(support, before);
  const inForce = keys.at(-1);
  const replaced = keys.at(-2);
  let leaf: number;
  if (inForce?.vkey === next.verifierKey && replaced?.vkey === key.verifierKey) {
    // It was stated, and the process ended before it signed.
    leaf = inForce.from - 1;
    await signer.refuseForked(before);
  } else {
    if (keys.some(({ vkey }) => vkey === next.verifierKey) || next.verifierKey === key.verifierKey) throw usedBefore();
    await signer.requireKey(before, key);
    await signer.refuseForked(before);
    const now = clock();
    const record = governanceEvent({
      change: "key.rotated",
      at: now,
      subject: { log: before.log, origin: before.origin },
      before: { vkey: key.verifierKey },
      after: { vkey: next.verifierKey },
      by,
    });
    const statement = keyStatement(next.verifierKey, key.verifierKey, now);
    leaf = await createSealer(storage, { clock }).appendStatement(statement, undefined, record);
  }
  const checkpoint = await signer.record(await requireLog(support), [key, next]);
  return { leaf, checkpoint };
}

function usedBefore(): StorageError {
  return new StorageError({
    code: "conflict",
    message: "the new key has signed this log before",
    remedy: "Make another one.",
  });
}
