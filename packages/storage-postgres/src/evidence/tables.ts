import { quoteIdentifier } from "../sql/identifiers.js";

/** The tables of evidence, quoted, with their schema. */
export interface EvidenceTables {
  readonly log: string;
  readonly hashes: string;
  readonly batches: string;
  readonly seeds: string;
  readonly parts: string;
  readonly statements: string;
  readonly moved: string;
  readonly checkpoints: string;
  readonly anchors: string;
  readonly verifications: string;
}

/** @param schema where they are */
export function evidenceTables(schema: string): EvidenceTables {
  const named = (name: string): string => `${quoteIdentifier(schema)}.evidence_${name}`;
  return {
    log: named("log"),
    hashes: named("hashes"),
    batches: named("batches"),
    seeds: named("seeds"),
    parts: named("parts"),
    statements: named("statements"),
    moved: named("moved"),
    checkpoints: named("checkpoints"),
    anchors: named("anchors"),
    verifications: named("verifications"),
  };
}
