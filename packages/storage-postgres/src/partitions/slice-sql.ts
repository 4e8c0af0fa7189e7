import type { ParsedAuditFilter, ParsedSelection, ParsedSlice } from "@agent-assembly/storage-core/backend";
import { includedIn, type PositionIn } from "../audit/commit-order.js";
import type { Bindings, Conditions } from "../sql/bindings.js";
import { filterConditions } from "../sql/event-conditions.js";
import { toTimestamp } from "../sql/timestamps.js";

/** A slice of a partition. */
export interface Part extends Pick<ParsedSlice, "dataset" | "from" | "to" | "selection"> {
  /** The position that includes its rows, if bounded. */
  readonly asOf: PositionIn | undefined;
}

/** Conditions that select the slice's rows in the whole table. */
export function partOf(part: Part): Conditions {
  return (bindings) => [
    `e.ts >= ${bindings.bind(toTimestamp(part.from), "timestamptz")}`,
    `e.ts < ${bindings.bind(toTimestamp(part.to), "timestamptz")}`,
    ...withinPartition(part)(bindings),
  ];
}

/** Conditions that select the slice's rows in a table that contains only the partition. */
export function withinPartition({ selection, asOf }: Pick<Part, "selection" | "asOf">): Conditions {
  return (bindings) => [
    ...(selection === undefined ? [] : selected(selection, bindings)),
    ...(asOf === undefined ? [] : includedIn(asOf)(bindings)),
  ];
}

function selected({ only, except }: ParsedSelection, bindings: Bindings): string[] {
  return [
    ...(only === undefined ? [] : [anyFilter(only, bindings)]),
    // A comparison with a missing value is NULL, which keeps the row.
    ...(except.length === 0 ? [] : [`${anyFilter(except, bindings)} IS NOT TRUE`]),
  ];
}

function anyFilter(filters: readonly ParsedAuditFilter[], bindings: Bindings): string {
  return anyOf(folded(filters).map((filter) => all(filterConditions(filter, bindings))));
}

/** Filters on the values of a single member are merged: a thousand agents are one comparison. */
function folded(filters: readonly ParsedAuditFilter[]): readonly ParsedAuditFilter[] {
  const simple = new Map<string, ParsedAuditFilter>();
  const others: ParsedAuditFilter[] = [];
  for (const filter of filters) {
    const [text, ...more] = filter.texts;
    const alone =
      text !== undefined &&
      more.length === 0 &&
      filter.from === undefined &&
      filter.to === undefined &&
      filter.dryRun === undefined &&
      filter.payload.length === 0;
    if (!alone) others.push(filter);
    else {
      const values = [...(simple.get(text.field)?.texts[0]?.values ?? []), ...text.values];
      simple.set(text.field, { ...filter, texts: [{ field: text.field, values: [...new Set(values)] }] });
    }
  }
  return [...simple.values(), ...others];
}

/** A conjunction; TRUE when empty. */
export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? "TRUE" : conditions.join(" AND ");
}

/** A disjunction in parentheses; FALSE when empty. */
export function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? "FALSE" : `(${conditions.map((one) => `(${one})`).join(" OR ")})`;
}
