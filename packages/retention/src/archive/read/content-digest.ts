import { createHash, type Hash } from "node:crypto";
import type { NormalizedEvent } from "@agent-assembly/storage-core/backend";

/** The members of a line in the order of RFC 8785, each with how it is written. */
const MEMBERS: readonly (readonly [keyof NormalizedEvent, (value: never) => string])[] = [
  ["action", JSON.stringify],
  ["agentId", JSON.stringify],
  ["decision", JSON.stringify],
  ["dryRun", String],
  ["eventId", JSON.stringify],
  ["matchedRuleId", JSON.stringify],
  ["orgId", JSON.stringify],
  // Canonical JSON text already.
  ["payload", String],
  ["recordedAt", isoText],
  ["sessionId", JSON.stringify],
  ["shadowDecision", JSON.stringify],
  ["teamId", JSON.stringify],
  ["traceId", JSON.stringify],
  ["ts", isoText],
];

/** UTF-16 code units. */
const HASH_EVERY = 16_384;

/** SHA-256 over events in order, each as a line of RFC 8785 JSON, absent members left out. */
export class ContentDigest {
  readonly #hash: Hash = createHash("sha256");
  #pending = "";

  add(event: NormalizedEvent): void {
    this.#pending += contentLine(event);
    // Each hand-over to the hash costs more than a short line.
    if (this.#pending.length >= HASH_EVERY) this.#flush();
  }

  /** Lower-case hex. Ends the digest. */
  finish(): string {
    this.#flush();
    return this.#hash.digest("hex");
  }

  #flush(): void {
    this.#hash.update(this.#pending);
    this.#pending = "";
  }
}

/** What `canonicalJson` gives for the public form of the event, made without parsing the payload again. */
export function contentLine(event: NormalizedEvent): string {
  let line = "";
  for (const [name, write] of MEMBERS) {
    const value = event[name];
    if (value !== null) line += `${line === "" ? "{" : ","}"${name}":${write(value as never)}`;
  }
  return `${line}}\n`;
}

function isoText(ms: number): string {
  return `"${new Date(ms).toISOString()}"`;
}
