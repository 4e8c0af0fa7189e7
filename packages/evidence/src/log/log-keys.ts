import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { KeyStatement } from "../leaf/entry.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { type NoteVerifier, parseVerifierKey } from "../note/key.js";
import { splitNote } from "../note/note.js";
import { logStatements } from "./log-statements.js";

/** A key that a log names, and the sizes of checkpoints that it must have signed. */
export interface LogKey {
  readonly vkey: string;
  /** When it was named; absent for one that is known only as replaced. */
  readonly at?: Date;
  /** The least size. */
  readonly from: number;
  /** The greatest size; null for the key in force. Checkpoints of greater ones are signed by the key that replaced it. */
  readonly to: number | null;
}

/** A key statement, and its leaf. */
export interface KeyLeaf {
  readonly leaf: number;
  readonly statement: KeyStatement;
}

/** Which keys were in force, from the `key` statements of a log. @param leaves ascending */
export function keyPeriods(leaves: readonly KeyLeaf[]): LogKey[] {
  const keys: LogKey[] = [];
  for (const [at, { leaf, statement }] of leaves.entries()) {
    const { replaces, vkey } = statement;
    if (at === 0 && replaces !== null) keys.push({ vkey: replaces, from: 0, to: leaf });
    const next = leaves[at + 1]?.leaf ?? null;
    keys.push({ vkey, at: new Date(statement.at), from: keys.length === 0 ? 0 : leaf + 1, to: next });
  }
  return keys;
}

/** The key that must have signed a checkpoint. @returns `undefined` where the log names none */
export function keyAt(keys: readonly LogKey[], size: number): LogKey | undefined {
  return keys.find(({ from, to }) => size >= from && (to === null || size <= to));
}

/** Whether a verifier is that of a key. */
export function isKeyOf({ vkey }: LogKey, { name, id }: Pick<NoteVerifier, "name" | "id">): boolean {
  const known = parseVerifierKey(vkey);
  return known.name === name && known.id === id;
}

/**
 * Whether a checkpoint lacks the signature of the key that must have signed it.
 * @param inForce for the size of the checkpoint
 * @returns what is wrong, as the rest of a sentence
 */
export function replacedKey(note: Uint8Array | string, inForce: LogKey | undefined): string | undefined {
  if (inForce === undefined) return undefined;
  const { text, signatures } = splitNote(note);
  const key = parseVerifierKey(inForce.vkey);
  const isSigned = signatures.some(
    ({ name, id, signature }) => name === key.name && id === key.id && key.verify(Buffer.from(text), signature),
  );
  if (isSigned) return undefined;
  const since = inForce.from === 0 ? "" : ` since leaf ${inForce.from - 1}`;
  return `is not signed by the key that signs the log${since}, ${inForce.vkey}`;
}

/** The keys of a log, read on from what was read before. */
export class KeyHistory {
  readonly #leaves: KeyLeaf[] = [];
  #log: number | undefined;
  #next = 0;

  constructor(private readonly support: Pick<EvidenceSupport, "statements">) {}

  /** @returns those that the leaves of the log name, the newest last: what the log says of itself, and no proof */
  async of({ log, size }: Pick<EvidenceLog, "log" | "size">): Promise<LogKey[]> {
    if (this.#log !== log) {
      this.#log = log;
      this.#leaves.length = 0;
      this.#next = 0;
    }
    for await (const { leaf, kind, entry } of logStatements(this.support, log, this.#next)) {
      if (leaf >= size) break;
      this.#next = leaf + 1;
      const statement = kind === "key" ? parseKey(entry) : undefined;
      if (statement !== undefined) this.#leaves.push({ leaf, statement });
    }
    return keyPeriods(this.#leaves.filter(({ leaf }) => leaf < size));
  }
}

/** The keys that a log names, the newest last. */
export async function logKeys(support: EvidenceSupport, log: Pick<EvidenceLog, "log" | "size">): Promise<LogKey[]> {
  return new KeyHistory(support).of(log);
}

function parseKey(entry: string): KeyStatement | undefined {
  try {
    const parsed = parseEntry(Buffer.from(entry));
    return parsed.t === "key" ? parsed : undefined;
  } catch (error) {
    // A statement that was changed is found by a verification, and names no key.
    if (isEvidenceError(error)) return undefined;
    throw error;
  }
}
