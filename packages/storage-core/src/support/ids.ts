import { randomFillSync } from "node:crypto";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The canonical lower-case form of a UUID of any version, or `undefined` when the value is none. */
export function parseUuid(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length !== 36) return undefined;
  if (UUID.test(value)) return value;
  const lower = value.toLowerCase();
  return UUID.test(lower) ? lower : undefined;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
// One system call per 4 KiB of randomness: asking for a few bytes at a time dominates the cost of an append.
const pool = Buffer.alloc(4096);
let used = pool.length;

let lastMs = -1;
let counter = 0;

/**
 * A time-ordered UUID, version 7 (RFC 9562). Ids that this process makes for one millisecond ascend, so events that
 * happened together keep the order in which they were appended. Written here because the `uuid` package keeps ids ascending
 * for its own clock only, not for a time that it is given.
 * @param atMs milliseconds since the epoch
 */
export function uuidV7(atMs: number): string {
  if (used + 8 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const byte = (index: number): number => pool[used + index] as number;
  if (atMs === lastMs) {
    counter++;
  } else {
    lastMs = atMs;
    // Leaves room to count 3,072 ids before the millisecond has to be borrowed from the next.
    counter = ((byte(0) << 8) | byte(1)) & 0x3ff;
  }
  const time = (Math.max(0, atMs) + Math.floor(counter / 4096)).toString(16).padStart(12, "0");
  const sequence = (counter % 4096).toString(16).padStart(3, "0");
  const hex = (index: number): string => HEX[byte(index)] as string;
  const variant = HEX[0x80 | (byte(2) & 0x3f)] as string;
  const text = `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${variant}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(0)}${hex(1)}`;
  used += 8;
  return text;
}

/** The first digit of the two bits of the variant and two free ones. */
const VARIANT_DIGITS = "89ab";

/** A UUID of version 8 (RFC 9562) that follows from a digest: its first 122 free bits. @param digest at least 32 hexadecimal digits, lower case */
export function uuidV8(digest: string): string {
  const variant = VARIANT_DIGITS[Number.parseInt(digest.charAt(16), 16) & 0x3];
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
