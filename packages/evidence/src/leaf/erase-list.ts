import { isStorageError } from "@agent-assembly/storage-core";
import { isEvidenceError } from "../errors.js";
import type { EraseStatement } from "./entry.js";
import { erasedListDigest, type LeafParts } from "./leaf-list.js";
import { parseEntry } from "./parse-entry.js";

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
