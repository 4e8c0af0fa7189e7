import type { ErasedEvidence, EvidencePart, EvidenceSeed, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { leafSeed, puncture } from "../salts/seeds.js";
import { TILE_WIDTH } from "../tree/tile.js";
import { type ErasingLeaf, keptParts } from "./leaf-erasure.js";

/** What the evidence of leaves is to be once parts of them are erased: their seeds are destroyed, the salts of other parts kept. */
export async function evidenceOfLeaves(
  support: Pick<EvidenceSupport, "seeds">,
  log: number,
  leaves: readonly ErasingLeaf[],
): Promise<ErasedEvidence> {
  const parts: EvidencePart[] = [];
  const replaced: EvidenceSeed[] = [];
  const seeds: EvidenceSeed[] = [];
  for (const [bundle, erasing] of byBundle(leaves)) {
    const nodes = (await support.seeds(log, { from: bundle, limit: 1 })).filter((node) => node.bundle === bundle);
    let left: readonly Pick<EvidenceSeed, "depth" | "path" | "node">[] = nodes;
    for (const one of erasing) {
      parts.push(...keptParts(one, leafSeed(nodes, one.leaf % TILE_WIDTH)));
      left = puncture(left, one.leaf % TILE_WIDTH);
    }
    replaced.push(...nodes);
    seeds.push(...left.map(({ depth, path, node }) => ({ bundle, depth, path, node })));
  }
  return { log, replaced, seeds, parts };
}

function byBundle(leaves: readonly ErasingLeaf[]): Map<number, ErasingLeaf[]> {
  const bundles = new Map<number, ErasingLeaf[]>();
  for (const one of leaves) {
    const bundle = Math.floor(one.leaf / TILE_WIDTH);
    const known = bundles.get(bundle);
    if (known === undefined) bundles.set(bundle, [one]);
    else known.push(one);
  }
  return bundles;
}
