import type { AuditEventRow, RestoredEvidence } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { plainArray } from "../sql/array-literal.js";
import { toTimestamp } from "../sql/timestamps.js";

/** The leaves of events by their keys: a group has them in another order than its call. */
export interface KeptLeaves extends Omit<RestoredEvidence, "leaves"> {
  readonly leaves: ReadonlyMap<string, number>;
}

export function leavesByKey(
  call: { readonly events: readonly AuditEventRow[] } | undefined,
  evidence: RestoredEvidence | undefined,
): ReadonlyMap<string, number> {
  const leaves = new Map<string, number>();
  for (const [at, event] of (call?.events ?? []).entries()) {
    const leaf = evidence?.leaves[at] ?? null;
    if (leaf !== null && !leaves.has(keyOf(event))) leaves.set(keyOf(event), leaf);
  }
  return leaves;
}

/**
 * Says which leaves inserted rows have, in the place of rows that the leaves stood for before.
 * @param tables quoted, with their schema
 * @returns `undefined` where none of them has one
 */
export function keepLeaves(
  tables: { readonly table: string; readonly moved: string },
  inserted: readonly AuditEventRow[],
  { log, leaves, archive, manifest }: KeptLeaves,
): Statement | undefined {
  const sealed = inserted.filter((event) => leaves.has(keyOf(event)));
  if (sealed.length === 0) return undefined;
  return {
    text: `INSERT INTO ${tables.moved} (log, leaf, seq, archive, manifest)
      SELECT $1::integer, k.leaf, e.seq, $2::text, $3::text
      FROM unnest($4::bigint[], $5::timestamptz[], $6::uuid[]) AS k (leaf, ts, event_id)
      JOIN ${tables.table} AS e ON e.ts = k.ts AND e.event_id = k.event_id
      WHERE e.ts BETWEEN $7::timestamptz AND $8::timestamptz
      ON CONFLICT (log, leaf) DO UPDATE SET seq = excluded.seq, archive = excluded.archive, manifest = excluded.manifest`,
    values: [
      log,
      archive,
      manifest,
      plainArray(sealed.map((event) => leaves.get(keyOf(event)) as number)),
      plainArray(sealed.map(({ ts }) => toTimestamp(ts))),
      plainArray(sealed.map(({ eventId }) => eventId)),
      // Says nothing new, but tells TimescaleDB which chunks to leave out.
      toTimestamp(Math.min(...sealed.map(({ ts }) => ts))),
      toTimestamp(Math.max(...sealed.map(({ ts }) => ts))),
    ],
  };
}

function keyOf({ ts, eventId }: AuditEventRow): string {
  return `${ts} ${eventId}`;
}
