import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import type { InexactPart } from "@agent-assembly/storage-core/backend";

/** A JSON value of a source: a line's, the whole document, or a part of a document that is too large for one. */
export interface Document {
  readonly value: JsonValue;
  /** Its parts that are kept as text; pointers are from the value. */
  readonly inexact: readonly InexactPart[];
  /** The line it begins on, 1-based. */
  readonly line: number;
  /** Where it is in the document; empty for a whole one. */
  readonly pointer: string;
  /** The objects it is in, innermost first, with the plain members that come before it. */
  readonly around: readonly JsonObject[];
  /** Whether it is a line of its own. */
  readonly isLine: boolean;
}

/** A part that is no JSON. */
export interface BadDocument {
  readonly line: number;
  readonly pointer: string;
  readonly problem: string;
}
