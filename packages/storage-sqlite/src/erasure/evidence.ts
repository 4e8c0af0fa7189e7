import type { ErasedEvidence, EvidenceSeed } from "@agent-assembly/storage-core/backend";
import type { StatementCache } from "../driver/statement-cache.js";

const SEEDS = "SELECT bundle, depth, path, node FROM evidence_seeds WHERE log = ? AND bundle = ?";

/** Whether the bundles still have the seeds that an erasure read. */
export function hasSeeds(statements: StatementCache, evidence: ErasedEvidence): boolean {
  const { log, replaced } = evidence;
  const there = bundlesOf(evidence).flatMap((bundle) => statements.objects<EvidenceSeed>(SEEDS).all(log, bundle));
  const texts = new Set(there.map(seedText));
  return there.length === replaced.length && replaced.every((seed) => texts.has(seedText(seed)));
}

/** Replaces seeds, and stores the parts of leaves that have lost theirs. Within a transaction. */
export function storeErased(statements: StatementCache, evidence: ErasedEvidence): void {
  const { log, seeds, parts } = evidence;
  const remove = statements.objects("DELETE FROM evidence_seeds WHERE log = ? AND bundle = ?");
  for (const bundle of bundlesOf(evidence)) remove.run(log, bundle);
  const addSeed = statements.objects(
    "INSERT INTO evidence_seeds (log, bundle, depth, path, node) VALUES (?, ?, ?, ?, ?)",
  );
  for (const { bundle, depth, path, node } of seeds) addSeed.run(log, bundle, depth, path, node);
  const addPart = statements.objects(
    "INSERT OR REPLACE INTO evidence_parts (log, leaf, place, is_erased, bytes) VALUES (?, ?, ?, ?, ?)",
  );
  for (const { leaf, place, isErased, bytes } of parts) addPart.run(log, leaf, place, isErased ? 1 : 0, bytes);
}

function bundlesOf({ replaced, seeds }: ErasedEvidence): number[] {
  return [...new Set([...replaced, ...seeds].map(({ bundle }) => bundle))];
}

function seedText({ bundle, depth, path, node }: EvidenceSeed): string {
  return `${bundle}/${depth}/${path}/${Buffer.from(node).toString("hex")}`;
}
