import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { encodeSeedsLine, type PartSalts } from "../folder/seeds-line.js";
import { coverSeeds, type SeedUse } from "../salts/cover.js";
import { TILE_WIDTH } from "../tree/tile.js";
import { KeptParts } from "./kept-parts.js";

/** The salts of kept parts of leaves, as lines of seeds have them. */
export function saltsOf(kept: Awaited<ReturnType<KeptParts["of"]>>): Map<number, PartSalts> {
  return new Map(
    [...kept].map(([leaf, parts]): [number, PartSalts] => [
      leaf,
      new Map(parts.filter(({ isErased }) => !isErased).map(({ place, bytes }) => [place, bytes])),
    ]),
  );
}

/** The seeds and salts of leaves, a line for each bundle, and nothing of other events. @param bundles of the leaves, ascending */
export async function* seedLines(
  support: EvidenceSupport,
  log: number,
  leaves: { has(leaf: number): boolean },
  bundles: readonly number[],
): AsyncGenerator<string> {
  const kept = new KeptParts(support, log);
  for (const bundle of bundles) {
    const start = bundle * TILE_WIDTH;
    const nodes = await support.seeds(log, { from: bundle, limit: 1 });
    const statements = await support.statements(log, { from: start, limit: TILE_WIDTH });
    const free = new Set(statements.map(({ leaf }) => leaf));
    const useOf = (place: number): SeedUse => {
      if (leaves.has(start + place)) return "wanted";
      return free.has(start + place) ? "free" : "secret";
    };
    const salts = [...saltsOf(await kept.of(start, start + TILE_WIDTH))].filter(([leaf]) => leaves.has(leaf));
    const own = nodes.filter((node) => node.bundle === bundle);
    yield encodeSeedsLine(bundle, { nodes: coverSeeds(own, useOf), salts: new Map(salts) });
  }
}
