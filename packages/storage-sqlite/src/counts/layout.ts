import {
  AUDIT_COLUMN_OF,
  COUNT_DIMENSIONS,
  COUNT_LEVEL_IDS,
  type CountCube,
  type CountLevel,
} from "@agent-assembly/storage-core/backend";

/** A value of a member as it is stored; `null` where an event lacks the member, or a cube does not have it. */
export type MemberValue = string | number | null;

/** The columns of the members that counts are kept by, the same in `audit_events` and in `audit_count_keys`. */
export const MEMBER_COLUMNS: readonly string[] = COUNT_DIMENSIONS.map((member) => AUDIT_COLUMN_OF[member]);

/** What `audit_counts.cube_level` says of a cell. */
export function cubeLevelOf({ id }: CountCube, level: CountLevel): number {
  return id * 10 + COUNT_LEVEL_IDS[level];
}

/** How many bytes of payload an event `e` has. */
export const PAYLOAD_BYTES = "coalesce(octet_length(e.payload), 0)";

/** What a {@link CellCounter} needs of an event. */
export type CountedRow = [seq: number, ts: number, payloadBytes: number, ...members: MemberValue[]];

/** The select list of a {@link CountedRow}. */
export const SELECT_COUNTED = `e.seq, e.ts, ${PAYLOAD_BYTES}, ${MEMBER_COLUMNS.map((column) => `e.${column}`).join(", ")}`;
