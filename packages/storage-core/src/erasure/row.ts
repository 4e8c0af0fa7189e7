import { createHash } from "node:crypto";
import { filterScope } from "../audit/filter.js";
import { governanceEvent } from "../governance/event.js";
import type { RecordChange } from "../governance/record-change.js";
import type { ParsedErasure } from "./parse-request.js";
import type { ErasureRecord, ErasureState } from "./record.js";

/** An erasure as backends store it: times in milliseconds, absent members `null`. */
export interface ErasureRow {
  readonly erasureId: string;
  readonly request: string;
  readonly basis: string;
  readonly actor: string | null;
  /** JSON array of names. */
  readonly parts: string;
  /** Hexadecimal; without it, a filter cannot be told from its digest by guessing. */
  readonly salt: string;
  readonly filterDigest: string;
  readonly state: ErasureState;
  readonly events: number;
  readonly from: number | null;
  readonly to: number | null;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly detail: string;
}

/** The digest of a filter under a salt. */
export function filterDigest({ filter }: Pick<ParsedErasure, "filter">, salt: string): string {
  return `sha256:${createHash("sha256")
    .update(`${salt}\n${filterScope(filter)}`)
    .digest("hex")}`;
}

/** Whether a recorded erasure is that of a request. */
export function isOfRequest(row: ErasureRow, request: ParsedErasure): boolean {
  return (
    row.request === request.request &&
    row.basis === request.basis &&
    row.parts === JSON.stringify(request.parts) &&
    row.filterDigest === filterDigest(request, row.salt)
  );
}

/** What is recorded of an erasure: that it began, and how it ended. Nothing of the filter but its digest. */
export const recordErasure: RecordChange<ErasureRow> = (_, row, now) => {
  const { erasureId, request, basis, actor, parts, filterDigest, state, events, detail } = row as ErasureRow;
  const begun = state === "begun";
  return governanceEvent({
    change: begun ? "erasure.begun" : "erasure.finished",
    at: now,
    subject: { erasureId },
    after: begun
      ? { request, basis, parts: JSON.parse(parts) as string[], filter: filterDigest }
      : { outcome: state, events, detail },
    by: { actor, reason: null },
  });
};

/** The record of an erasure behind a transaction that erased parts of these events. */
export function raised(row: ErasureRow, events: readonly { readonly ts: number }[]): ErasureRow {
  let { from, to } = row;
  for (const { ts } of events) {
    from = Math.min(from ?? ts, ts);
    to = Math.max(to ?? ts, ts);
  }
  return { ...row, events: row.events + events.length, from, to };
}

/** The public form of a row. */
export function toErasureRecord(row: ErasureRow): ErasureRecord {
  const { actor, parts, salt: _, from, to, startedAt, finishedAt, ...rest } = row;
  return {
    ...rest,
    parts: JSON.parse(parts) as string[],
    startedAt: new Date(startedAt),
    ...(actor !== null && { actor }),
    ...(from !== null && { from: new Date(from) }),
    ...(to !== null && { to: new Date(to) }),
    ...(finishedAt !== null && { finishedAt: new Date(finishedAt) }),
  };
}
