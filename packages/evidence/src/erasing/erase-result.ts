import { isStorageError } from "@agent-assembly/storage-core";
import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { DayCounts, EraseStatement } from "../leaf/entry.js";
import { erasedListDigest, type LeafParts } from "../leaf/leaf-list.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { KeptParts } from "../store/kept-parts.js";
import { logStatements } from "../store/log-statements.js";
import { rowsOfLeaves } from "../sealing/leaf-rows.js";
import { utcDayOf } from "../sealing/log-writer.js";
import type { Sealer } from "../sealing/sealer.js";

/** An erasure that a statement announced. */
export interface EraseIntent {
  /** Leaf of the statement. */
  readonly leaf: number;
  readonly statement: EraseStatement;
  /** The parts that it names, by leaf. */
  readonly parts: readonly LeafParts[];
}

/** Where results are stated. */
export interface EraseLog {
  readonly support: EvidenceSupport;
  /** Number of the log. */
  readonly log: number;
  readonly sealer: Sealer;
}

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

/** The list beside a statement, if it is the one that the statement names. */
export function namedParts(list: string | null, { leaves }: Pick<EraseStatement, "leaves">): LeafParts[] | undefined {
  try {
    const parsed: unknown = JSON.parse(list ?? "null");
    if (!Array.isArray(parsed) || !parsed.every(isLeafParts)) return undefined;
    const { count, digest } = erasedListDigest(parsed);
    return count === leaves.count && digest === leaves.digest ? parsed : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isStorageError(error, "invalid_argument")) return undefined;
    throw error;
  }
}

function isLeafParts(value: unknown): value is LeafParts {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "number" && Array.isArray(value[1]);
}

/** An `erase` statement from its entry; `undefined` for one that is damaged, as a verification finds. */
export function parseErase(entry: string): EraseStatement | undefined {
  try {
    const parsed = parseEntry(Buffer.from(entry));
    return parsed.t === "erase" ? parsed : undefined;
  } catch (error) {
    if (isEvidenceError(error)) return undefined;
    throw error;
  }
}

/** The erasures that were announced, and of which nothing says what became of them. */
export async function openErasures({ support, log }: Pick<EraseLog, "support" | "log">): Promise<EraseIntent[]> {
  const open = new Map<number, EraseIntent>();
  for await (const { leaf, kind, entry, list } of logStatements(support, log)) {
    const statement = kind === "erase" ? parseErase(entry) : undefined;
    if (statement === undefined) continue;
    if (statement.intent !== null) {
      open.delete(statement.intent);
      continue;
    }
    // A list that was changed is found by a verification, and names nothing here.
    const parts = namedParts(list, statement);
    if (parts !== undefined) open.set(leaf, { leaf, statement, parts });
  }
  return [...open.values()];
}
