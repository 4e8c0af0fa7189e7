import type { NewAuditEvent } from "@agent-assembly/storage-core";

/** Where in the file something stands, as people count: `line 3`, `conversation 2, call 1`. */
export interface Place {
  /** 1-based; absent where the file is no sequence of lines. */
  readonly line?: number;
  readonly at: string;
}

/** What a reader yields: an event to store, or why a part of the file is none. */
export type ImportItem =
  | { readonly place: Place; readonly event: NewAuditEvent }
  | { readonly place: Place; readonly problem: string };

export function atLine(line: number): Place {
  return { line, at: `line ${line}` };
}
