import type { ErasedEvidence, EvidenceSeed } from "@agent-assembly/storage-core/backend";
import type { TransactionSql } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { hex } from "../evidence/commit-sql.js";
import type { ErasureNames } from "../restoring/erasure-names.js";
import { plainArray } from "../sql/array-literal.js";
import { ErasureUndone } from "./undone.js";

/**
 * Replaces the seeds of bundles, and stores the salts and commitments that come in their place.
 * @throws `ErasureUndone` where the seeds are not those that were read
 */
export async function replaceEvidence(
  sql: TransactionSql,
  names: ErasureNames,
  { log, replaced, seeds, parts }: ErasedEvidence,
): Promise<void> {
  const bundles = [...new Set([...replaced, ...seeds].map(({ bundle }) => bundle))];
  const removed = await rows<[bundle: string, depth: number, path: number, node: Uint8Array]>(
    sql,
    {
      text: `DELETE FROM ${names.seeds} WHERE log = $1::integer AND bundle = ANY ($2::bigint[]) RETURNING bundle, depth, path, node`,
      values: [log, plainArray(bundles)],
    },
    false,
  );
  const found = removed.map(([bundle, depth, path, node]) => ({ bundle: Number(bundle), depth, path, node }));
  if (textOf(found) !== textOf(replaced)) throw new ErasureUndone({ outcome: "evidence_changed" });
  await rows(
    sql,
    {
      text: `INSERT INTO ${names.seeds} (log, bundle, depth, path, node)
        SELECT $1::integer, n.bundle, n.depth, n.path, decode(n.node, 'hex')
        FROM unnest($2::bigint[], $3::smallint[], $4::smallint[], $5::text[]) AS n (bundle, depth, path, node)`,
      values: [
        log,
        plainArray(seeds.map(({ bundle }) => bundle)),
        plainArray(seeds.map(({ depth }) => depth)),
        plainArray(seeds.map(({ path }) => path)),
        plainArray(seeds.map(({ node }) => hex(node))),
      ],
    },
    false,
  );
  await rows(
    sql,
    {
      text: `INSERT INTO ${names.parts} AS p (log, leaf, place, is_erased, bytes)
        SELECT $1::integer, n.leaf, n.place, n.is_erased, decode(n.bytes, 'hex')
        FROM unnest($2::bigint[], $3::smallint[], $4::boolean[], $5::text[]) AS n (leaf, place, is_erased, bytes)
        ON CONFLICT (log, leaf, place) DO UPDATE SET is_erased = excluded.is_erased, bytes = excluded.bytes`,
      values: [
        log,
        plainArray(parts.map(({ leaf }) => leaf)),
        plainArray(parts.map(({ place }) => place)),
        plainArray(parts.map(({ isErased }) => isErased)),
        plainArray(parts.map(({ bytes }) => hex(bytes))),
      ],
    },
    false,
  );
}

/** The same for the same nodes, in whatever order. */
function textOf(seeds: readonly EvidenceSeed[]): string {
  return seeds
    .map(({ bundle, depth, path, node }) => `${bundle} ${depth} ${path} ${hex(node)}`)
    .sort()
    .join("\n");
}
