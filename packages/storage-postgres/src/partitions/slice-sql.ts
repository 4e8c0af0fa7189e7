import type { NormalizedAuditFilter, NormalizedPart, NormalizedSelection } from "@agent-assembly/storage-core/backend";
import { type Bindings, type Conditions, filterConditions } from "../audit/filter-sql.js";
import { toTimestamp } from "../sql/timestamps.js";

/** A part of a segment; `last` is the greatest number in commit order that belongs to it, where it has an end. */
export interface Part extends Pick<NormalizedPart, "dataset" | "from" | "to" | "selection"> {
  readonly last: number | undefined;
}

/** Which rows of the whole table are meant. */
export function partOf(part: Part): Conditions {
  return (bindings) => [
    `e.ts >= ${bindings.bind(toTimestamp(part.from), "timestamptz")}`,
    `e.ts < ${bindings.bind(toTimestamp(part.to), "timestamptz")}`,
    ...withinSegment(part)(bindings),
  ];
}

/** Which rows of the segment are meant, for a table that holds nothing else. */
export function withinSegment({ selection, last }: Pick<Part, "selection" | "last">): Conditions {
  return (bindings) => [
    ...(selection === undefined ? [] : selected(selection, bindings)),
    ...(last === undefined ? [] : [`e.seq <= ${bindings.bind(last, "bigint")}`]),
  ];
}

function selected({ only, except }: NormalizedSelection, bindings: Bindings): string[] {
  return [
    ...(only === undefined ? [] : [anyFilter(only, bindings)]),
    // A comparison with what a row lacks is NULL, and keeps the row.
    ...(except.length === 0 ? [] : [`${anyFilter(except, bindings)} IS NOT TRUE`]),
  ];
}

function anyFilter(filters: readonly NormalizedAuditFilter[], bindings: Bindings): string {
  return anyOf(folded(filters).map((filter) => all(filterConditions(filter, bindings))));
}

/** Filters that ask for nothing but values of one member are one: a thousand agents are one comparison. */
function folded(filters: readonly NormalizedAuditFilter[]): readonly NormalizedAuditFilter[] {
  const simple = new Map<string, NormalizedAuditFilter>();
  const others: NormalizedAuditFilter[] = [];
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

/** A conjunction; TRUE of none. */
export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? "TRUE" : conditions.join(" AND ");
}

/** A disjunction in parentheses; FALSE of none. */
export function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? "FALSE" : `(${conditions.map((one) => `(${one})`).join(" OR ")})`;
}
