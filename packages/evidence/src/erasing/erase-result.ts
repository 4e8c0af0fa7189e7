import type { DayCounts, EraseStatement } from "../leaf/entry.js";
import { namedParts, parseErase } from "../leaf/erase-list.js";
import { erasedListDigest, type LeafParts } from "../leaf/leaf-list.js";
import { logStatements } from "../log/log-statements.js";
import type { DropLog } from "../retention/drop-result.js";
import { rowsOfLeaves } from "../retention/leaf-rows.js";
import { utcDayOf } from "../sealing/log-writer.js";
import { KeptParts } from "../stored/kept-parts.js";

/** An erasure that a statement announced. */
export interface EraseIntent {
  /** Leaf of the statement. */
  readonly leaf: number;
  readonly statement: EraseStatement;
  /** The parts that it names, by leaf. */
  readonly parts: readonly LeafParts[];
}

/** Where results are stated. */
export type EraseLog = DropLog;

/**
 * States which of the announced parts are erased: all, some or none of them.
 * @returns the leaf of the statement; `undefined` where an event that was not erased is gone, so that its day is not known and
 *   nothing is stated
 */
export async function stateErased(
  { support, log, sealer }: EraseLog,
  { leaf, statement, parts }: EraseIntent,
): Promise<number | undefined> {
  const kept = new KeptParts(support, log);
  const gone: LeafParts[] = [];
  const left = new Set<number>();
  for (const [at, places] of parts) {
    const known = (await kept.of(at, at + 1)).get(at) ?? [];
    const erased = places.filter((place) => known.some((part) => part.place === place && part.isErased));
    if (erased.length > 0) gone.push([at, erased]);
    else left.add(at);
  }
  const days = left.size === 0 ? statement.days : await daysWithout({ support, log }, statement.days, left);
  if (days === undefined) return undefined;
  const at = new Date().toISOString();
  const result = { ...statement, at, days, intent: leaf, leaves: erasedListDigest(gone) };
  return sealer.appendStatement(result, JSON.stringify(gone));
}

async function daysWithout(
  { support, log }: Pick<EraseLog, "support" | "log">,
  all: DayCounts,
  left: ReadonlySet<number>,
): Promise<DayCounts | undefined> {
  const days: Record<string, number> = { ...all };
  const names = Object.keys(all);
  const [only] = names;
  if (only !== undefined && names.length === 1) {
    const gone = (all[only] as number) - left.size;
    return gone === 0 ? {} : { [only]: gone };
  }
  const leaves = [...left];
  const span = { start: leaves[0] as number, end: (leaves.at(-1) as number) + 1 };
  let found = 0;
  for await (const { event } of rowsOfLeaves(support, log, left, span)) {
    const day = utcDayOf(event.ts);
    const gone = (days[day] ?? 0) - 1;
    // Of another day than it was sealed for: a verification finds it.
    if (gone < 0) return undefined;
    if (gone === 0) delete days[day];
    else days[day] = gone;
    found++;
  }
  return found === left.size ? days : undefined;
}

/** The erasures that were announced, and of which nothing says what became of them. */
export async function openErasures({ support, log }: Pick<EraseLog, "support" | "log">): Promise<EraseIntent[]> {
  const open = new Map<number, EraseIntent>();
  for await (const { leaf, kind, entry, list } of logStatements(support, log)) {
    const statement = kind === "erase" ? parseErase(entry) : undefined;
    if (statement === undefined) continue;
    if (statement.intent !== null) open.delete(statement.intent);
    // One whose list was changed names nothing here; a verification finds it.
    const parts = statement.intent === null ? namedParts(list, statement) : undefined;
    if (parts !== undefined) open.set(leaf, { leaf, statement, parts });
  }
  return [...open.values()];
}
