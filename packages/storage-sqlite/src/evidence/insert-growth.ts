import type { EvidenceCommit } from "@agent-assembly/storage-core/backend";
import type { StatementCache } from "../driver/statement-cache.js";
import { writeTiles } from "./stripes.js";

/** Stores what a log grows by. A tile that was there has more hashes now. */
export function insertGrowth(
  writes: StatementCache,
  {
    log,
    tiles,
    batches,
    seeds,
    statements,
  }: Pick<EvidenceCommit, "log" | "tiles" | "batches" | "seeds" | "statements">,
): void {
  writeTiles(writes, log, tiles);
  const batch = writes.objects(
    `INSERT INTO evidence_batches (log, first, count, first_seq, last_seq, from_ts, to_ts, seqs)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { first, count, firstSeq, lastSeq, fromTs, toTs, seqs } of batches) {
    batch.run(log, first, count, firstSeq, lastSeq, fromTs, toTs, seqs);
  }
  const seed = writes.objects("INSERT INTO evidence_seeds (log, bundle, depth, path, node) VALUES (?, ?, ?, ?, ?)");
  for (const { bundle, depth, path, node } of seeds) seed.run(log, bundle, depth, path, node);
  const statement = writes.objects(
    "INSERT INTO evidence_statements (log, leaf, kind, entry, list) VALUES (?, ?, ?, ?, ?)",
  );
  for (const { leaf, kind, entry, list } of statements) statement.run(log, leaf, kind, entry, list);
}
