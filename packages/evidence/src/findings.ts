/** Everything that a verification can find; the list is closed. */
export const EVIDENCE_FINDINGS = [
  "edited",
  "deleted",
  "inserted",
  "moved",
  "truncated",
  "unsealed_gap",
  "dropped_without_record",
  "erased_without_record",
  "tile_damaged",
  "seal_damaged",
  "seal_missing",
  "checkpoint_forged",
  "key_unknown",
  "history_forked",
  "rollback",
  "archive_damaged",
  "archive_missing",
  "export_incomplete",
  "export_altered",
] as const;

/** One of {@link EVIDENCE_FINDINGS}. */
export type FindingCode = (typeof EVIDENCE_FINDINGS)[number];

/** One thing that does not hold, and where. */
export interface Finding {
  code: FindingCode;
  /** Index of the leaf in the tree. */
  leaf?: number;
  /** `seq` of the row in the live store. */
  seq?: number;
  eventId?: string;
  /** What was found, in words, without stored values. */
  detail: string;
}
