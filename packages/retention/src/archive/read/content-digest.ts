import { createHash, type Hash } from "node:crypto";
import { AUDIT_EVENT_COLUMNS, type AuditColumnType, type AuditEventRow } from "@agent-assembly/storage-core/backend";

const WRITE: Readonly<Record<AuditColumnType, (value: never) => string>> = {
  timestamp: isoText,
  uuid: JSON.stringify,
  text: JSON.stringify,
  boolean: String,
  // Canonical JSON text already.
  json: String,
};

/** The members of a line in the order of RFC 8785, each with how it is written. What is derived is no content. */
const MEMBERS = [...AUDIT_EVENT_COLUMNS]
  .filter((column) => !("origin" in column) || column.origin !== "payload")
  .sort((a, b) => (a.member < b.member ? -1 : 1))
  .map(({ member, type }) => ({ member, write: WRITE[type] }));

/** UTF-16 code units. */
const HASH_EVERY = 16_384;

/** SHA-256 over events in order, each as a line of RFC 8785 JSON, absent members left out; and one over their leaves. */
export class ContentDigest {
  readonly #hash: Hash = createHash("sha256");
  readonly #leafHash: Hash = createHash("sha256");
  #pendingLeaves = "";
  #pending = "";

  /** @param leaf of the event */
  add(event: AuditEventRow, leaf: number | null = null): void {
    this.#pending += contentLine(event);
    this.#pendingLeaves += `${leaf}\n`;
    // Each hand-over to the hash costs more than a short line.
    if (this.#pending.length < HASH_EVERY) return;
    this.#flush();
    this.#leafHash.update(this.#pendingLeaves);
    this.#pendingLeaves = "";
  }

  /** Lower-case hex. Ends the digest. */
  finish(): string {
    this.#flush();
    return this.#hash.digest("hex");
  }

  /** Of the leaves. Ends the digest. */
  finishLeaves(): string {
    this.#leafHash.update(this.#pendingLeaves);
    this.#pendingLeaves = "";
    return this.#leafHash.digest("hex");
  }

  #flush(): void {
    this.#hash.update(this.#pending);
    this.#pending = "";
  }
}

/** What `canonicalJson` gives for the public form of the event, made without parsing the payload again. */
export function contentLine(event: AuditEventRow): string {
  let line = "";
  for (const { member, write } of MEMBERS) {
    const value = event[member];
    if (value !== null) line += `${line === "" ? "{" : ","}"${member}":${write(value as never)}`;
  }
  return `${line}}\n`;
}

function isoText(ms: number): string {
  return `"${new Date(ms).toISOString()}"`;
}
