import { canonicalJson } from "@agent-assembly/storage-core";
import { EvidenceError } from "../errors.js";
import type { Statement } from "../leaf/entry.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { leafHash } from "../tree/hash.js";
import { isIndex, parseCanonicalJson, recordOf } from "./canonical.js";

/** A leaf that is not an event. */
export interface StatementLine {
  readonly leaf: number;
  /** Of the entry. */
  readonly hash: Uint8Array;
  /** Absent for a kind, or a version, that this software does not know. */
  readonly statement?: Statement;
}

/** A line of `statements.jsonl`, without its newline. @param entry canonical JSON, as the tree has it */
export function encodeStatementLine(leaf: number, entry: Uint8Array): string {
  return `{"entry":${Buffer.from(entry).toString()},"leaf":${leaf}}`;
}

/** @returns what is wrong with it, as the rest of a sentence, for a line in another form */
export function parseStatementLine(text: string): StatementLine | string {
  const line = recordOf(parseCanonicalJson(text), ["entry", "leaf"]);
  if (line === undefined || !isIndex(line.leaf)) return "is not an object of entry and leaf in canonical JSON";
  const bytes = Buffer.from(canonicalJson(line.entry));
  const known = { leaf: line.leaf, hash: leafHash(bytes) };
  try {
    const entry = parseEntry(bytes);
    return entry.t === "event" ? "is an event" : { ...known, statement: entry };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return error.problem === "entry_unknown" ? known : `has a wrong entry: ${error.message}`;
  }
}
