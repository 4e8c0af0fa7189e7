import { quoteIdentifier } from "../sql/identifiers.js";

/** What erases parts of events, and notes it; quoted, with its schema. */
export interface ErasureNames {
  readonly events: string;
  readonly erased: string;
  readonly erasures: string;
  readonly seeds: string;
  readonly parts: string;
  /** Functions. */
  readonly lock: string;
  readonly lockHolds: string;
  readonly erase: string;
  readonly mark: string;
  readonly forgetKeys: string;
  readonly erasableParts: string;
  readonly compress: string;
  readonly rewrite: string;
  readonly analyze: string;
}

/** @param schema where they are */
export function erasureNames(schema: string): ErasureNames {
  const named = (name: string): string => `${quoteIdentifier(schema)}.${name}`;
  return {
    events: named("audit_events"),
    erased: named("audit_erased"),
    erasures: named("erasures"),
    seeds: named("evidence_seeds"),
    parts: named("evidence_parts"),
    lock: named("lock_erasures"),
    lockHolds: named("lock_legal_holds"),
    erase: named("erase_audit_events"),
    mark: named("mark_audit_erased"),
    forgetKeys: named("forget_unused_count_keys"),
    erasableParts: named("erasable_parts_of"),
    compress: named("compress_store_chunk"),
    rewrite: named("rewrite_erased"),
    analyze: named("analyze_erased"),
  };
}
