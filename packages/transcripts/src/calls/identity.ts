import { hash } from "node:crypto";
import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { uuidV8 } from "@agent-assembly/storage-core/backend";

/** Bits of an id that its place takes. */
const PLACE_BYTES = 3;
const MAX_PLACE = 2 ** (PLACE_BYTES * 8) - 1;

/** SHA-256 over the canonical form of values. */
export function digestOf(...values: JsonValue[]): Buffer {
  return digestOfText(canonicalJson(values));
}

/** SHA-256 of what a tool answered; of a long text without a second form of it. */
export function digestOfAnswer(result: JsonValue, error: JsonValue | undefined): Buffer {
  const isText = typeof result === "string" && error === undefined && result.isWellFormed();
  return isText ? digestOfText(result) : digestOf(result, error ?? null);
}

/** SHA-256 of a text. */
export function digestOfText(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/**
 * The event id of what has this digest, a UUID of version 8: the same for each reading. It begins with the place among what the
 * source has at the same millisecond, because events of one millisecond are ordered by their ids.
 * @param place from 0
 */
export function eventIdAt(place: number, digest: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.min(place, MAX_PLACE), 0, PLACE_BYTES);
  bytes.set(digest.subarray(0, 16 - PLACE_BYTES), PLACE_BYTES);
  return uuidV8(bytes);
}
