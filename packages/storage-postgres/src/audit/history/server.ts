import { OTHER_SERVER } from "../../driver/errors.js";
import { quoteIdentifier } from "../../sql/identifiers.js";

/** The history that a server has, and how much of it. */
export interface ServerHistory {
  /** Of the store, not quoted. */
  readonly schema: string;
  /** Of `audit_origin`. */
  readonly origin: number;
  /** The newest row of `audit_timelines`; 0 without one. */
  readonly id: number;
  /** Everything committed up to here, in bytes of the log, is in the snapshot that was read with it; more may be before it. */
  readonly lsn: number;
  /**
   * The server began a timeline on which no event was stored yet. `lsn` is where it began; `undefined` when the server was
   * restarted since.
   */
  readonly begun: { readonly timeline: number; readonly lsn: number | undefined } | undefined;
}

/**
 * A condition without columns, which is looked at once and before any row: true where the server has this history, and as
 * much of it. Any other server, such as one that took over between two statements, fails, see `isOtherServer`: it may
 * lack rows, and may have given their transaction ids to others.
 */
export function onServer({ schema, origin, id, lsn }: ServerHistory, bindings: BindingNumbers): string {
  // Not folded to a constant, so that nothing but the case itself decides whether the text is cast.
  return `(SELECT CASE WHEN coalesce((SELECT t.id FROM ${quoteIdentifier(schema)}.audit_timelines AS t
      WHERE t.origin = ${bindings.bind(origin, "bigint")} ORDER BY t.number DESC LIMIT 1), 0) = ${bindings.bind(id, "bigint")}
      AND (NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() - '0/0'::pg_lsn >= ${bindings.bind(lsn, "bigint")}) THEN true
    ELSE (left(random()::text, 0) || '${OTHER_SERVER}')::boolean END)`;
}

/** Collects the values of a statement. */
interface BindingNumbers {
  bind(value: number, type: string): string;
}
