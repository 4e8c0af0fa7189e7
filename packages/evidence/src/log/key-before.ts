import type { AuditKey } from "@agent-assembly/storage-core/backend";

const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** The last key that can come before another one. */
export function keyBefore({ ts, eventId }: AuditKey): AuditKey {
  const id = BigInt(`0x${eventId.replaceAll("-", "")}`);
  if (id === 0n) return { ts: ts - 1, eventId: LAST_ID };
  const digits = (id - 1n).toString(16).padStart(32, "0");
  return { ts, eventId: digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5") };
}
