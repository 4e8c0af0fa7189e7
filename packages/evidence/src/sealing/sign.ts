import { type Clock, isStorageError, StorageError } from "@agent-assembly/storage-core";
import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isKeyOf, KeyHistory } from "../log/log-keys.js";
import { signCheckpoint } from "../note/checkpoint.js";
import { idText, type NoteSigner } from "../note/key.js";
import { forkedFrom, type KnownCheckpoint, knownToStore } from "./known.js";
import { SealingRefusal } from "./refusal.js";

/** A checkpoint that was signed and stored. */
export interface SignedCheckpoint {
  readonly size: number;
  /** The signed note. */
  readonly note: string;
}

/** How the log of a store is signed. */
export interface SignOptions {
  /** Signs checkpoints. @default none: nothing is signed */
  readonly key?: NoteSigner | undefined;
  /** States of the log that are known from elsewhere, such as anchors; asked before anything is signed. @default none */
  readonly known?: (() => Promise<readonly KnownCheckpoint[]>) | undefined;
  /** Told of each checkpoint once it is stored. @default nothing is told */
  readonly onCheckpoint?: ((checkpoint: SignedCheckpoint) => Promise<void>) | undefined;
}

/** What is known of the log elsewhere could not be asked, or a checkpoint could not be told: sealing needs neither. */
export class AnchorFailure extends Error {
  constructor(override readonly cause: StorageError) {
    super(cause.message, { cause });
  }
}

/** Signs the log of a store as it is, unless what is known of it elsewhere contradicts it. */
export class LogSigner {
  readonly #keys: KeyHistory;
  /** Stored, and not told yet. */
  #untold: SignedCheckpoint | undefined;

  constructor(
    private readonly support: EvidenceSupport,
    private readonly options: SignOptions,
    private readonly clock: Clock,
  ) {
    this.#keys = new KeyHistory(support);
  }

  /**
   * @param log as it was read
   * @returns its size; `undefined` where it was signed before, or there is no key
   * @throws SealingRefusal; `conflict` for a key that is not the log's; AnchorFailure
   */
  async sign(log: EvidenceLog): Promise<number | undefined> {
    const { key } = this.options;
    if (key === undefined) return undefined;
    await this.requireKey(log, key);
    const newest = await this.refuseForked(log);
    let signed: SignedCheckpoint | undefined;
    if (log.size > 0 && newest !== log.size) signed = await this.record(log, [key]);
    await this.#tell();
    return signed?.size;
  }

  /** @throws `conflict` where another key signs the log */
  async requireKey(log: EvidenceLog, key: Pick<NoteSigner, "name" | "id">): Promise<void> {
    if (key.name !== log.origin) {
      throw new StorageError({
        code: "conflict",
        message: `the key is of ${key.name}, and the log of the store is ${log.origin}`,
        remedy: "Sign with the key of this log.",
      });
    }
    const inForce = (await this.#keys.of(log)).at(-1);
    if (inForce === undefined || isKeyOf(inForce, key)) return;
    throw new StorageError({
      code: "conflict",
      message: `the key ${key.name}+${idText(key.id)} does not sign this log: since leaf ${Math.max(0, inForce.from - 1)} ${inForce.vkey} does`,
      remedy: "Sign with the key in force.",
    });
  }

  /** @returns size of the newest checkpoint @throws SealingRefusal, AnchorFailure */
  async refuseForked(log: EvidenceLog): Promise<number | undefined> {
    const ours = await knownToStore(this.support, log);
    const known = await failing(this.options.known?.() ?? []);
    const forked = await forkedFrom(this.support, log, [...ours, ...known]);
    if (forked !== undefined) {
      throw new SealingRefusal(
        forked,
        'Restore a newer state of the store. If there is none, continue with another log, which names this one: "aasm evidence fork".',
      );
    }
    return ours.find(({ root }) => root !== undefined)?.size;
  }

  /** Signs and stores the log as it is, to be told later. */
  async record(log: EvidenceLog, signers: readonly NoteSigner[]): Promise<SignedCheckpoint> {
    const note = await signCheckpoint(log, signers);
    await this.support.recordCheckpoint({ log: log.log, size: log.size, note, at: this.clock() });
    this.#untold = { size: log.size, note };
    return this.#untold;
  }

  /** One that could not be told is told the next time, if there is no newer one. */
  async #tell(): Promise<void> {
    if (this.#untold === undefined) return;
    await failing(this.options.onCheckpoint?.(this.#untold));
    this.#untold = undefined;
  }
}

/** @throws AnchorFailure for a `StorageError` */
async function failing<T>(work: Promise<T> | T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isStorageError(error) ? new AnchorFailure(error) : error;
  }
}
