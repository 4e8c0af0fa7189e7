import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { Finding } from "../findings.js";
import { namedParts, parseErase } from "../leaf/erase-list.js";
import type { LeafParts } from "../leaf/leaf-list.js";
import { logStatements } from "../log/log-statements.js";

/** Places of parts by leaf. */
type PlacesByLeaf = ReadonlyMap<number, readonly number[]>;

/** What the log says of erased parts. */
export interface EraseRecords {
  /** Those that were erased, as a statement says. */
  readonly erased: PlacesByLeaf;
  /** Those that were announced; nothing says whether they were erased. */
  readonly announced: PlacesByLeaf;
  readonly findings: readonly Finding[];
}

/** Reads all `erase` statements of a log. Whether the tree has them is checked with all other statements. */
export async function readEraseRecords(support: EvidenceSupport, log: number): Promise<EraseRecords> {
  const findings: Finding[] = [];
  const erased = new Map<number, readonly number[]>();
  const open = new Map<number, readonly LeafParts[]>();
  for await (const { leaf, kind, entry, list } of logStatements(support, log)) {
    const statement = kind === "erase" ? parseErase(entry) : undefined;
    if (statement === undefined) continue;
    const parts = namedParts(list, statement);
    if (parts === undefined) {
      // What was announced stands then for what was done.
      findings.push({ code: "seal_damaged", leaf, detail: "the list beside the statement is not the one it names" });
    } else if (statement.intent === null) open.set(leaf, parts);
    else {
      open.delete(statement.intent);
      addAll(erased, parts);
    }
  }
  const announced = new Map<number, readonly number[]>();
  for (const parts of open.values()) addAll(announced, parts);
  return { erased, announced, findings };
}

function addAll(known: Map<number, readonly number[]>, list: readonly LeafParts[]): void {
  for (const [leaf, places] of list) {
    const before = known.get(leaf);
    known.set(leaf, before === undefined ? places : [...new Set([...before, ...places])]);
  }
}
