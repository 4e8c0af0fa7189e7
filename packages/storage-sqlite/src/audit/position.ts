import { decodePosition, encodeCursor } from "@agent-assembly/storage-core/backend";

/** What positions in commit order are made with: a sequence number of `audit_events`. */
export const POSITION_SCOPE = "tail sqlite";

/** The number of the newest commit; NULL when there never was one. AUTOINCREMENT keeps it when rows are deleted. */
export const NEWEST_SEQ = "SELECT seq FROM sqlite_sequence WHERE name = 'audit_events'";

export function encodePosition(seq: number): string {
  return encodeCursor(POSITION_SCOPE, [seq]);
}

/** @throws `invalid_argument` */
export function seqOf(asOf: string | undefined): number | undefined {
  return asOf === undefined ? undefined : decodePosition(POSITION_SCOPE, asOf);
}
