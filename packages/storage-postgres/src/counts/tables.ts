import { quoteIdentifier } from "../sql/identifiers.js";

/** What counts of events are kept in and by, quoted, with their schema. */
export interface CountTables {
  readonly events: string;
  readonly keys: string;
  readonly cells: string;
  readonly state: string;
  readonly origin: string;
  /** Yields the state, and keeps anything from being counted until the transaction ends. */
  readonly lock: string;
  /** Takes events out of the cells. */
  readonly subtract: string;
  /** Counts events that are not counted yet. */
  readonly count: string;
  readonly droppedKeys: string;
  readonly droppedCells: string;
  /** Counts events that are removed, or takes back those that are restored. */
  readonly changeDropped: string;
}

/** @param schema where they are */
export function countTables(schema: string): CountTables {
  const named = (name: string): string => `${quoteIdentifier(schema)}.${name}`;
  return {
    events: named("audit_events"),
    keys: named("audit_count_keys"),
    cells: named("audit_count_cells"),
    state: named("audit_count_state"),
    origin: named("audit_origin"),
    lock: named("lock_audit_counts"),
    subtract: named("subtract_audit_counts"),
    count: named("count_audit_events"),
    droppedKeys: named("audit_dropped_keys"),
    droppedCells: named("audit_dropped_cells"),
    changeDropped: named("change_dropped_counts"),
  };
}
