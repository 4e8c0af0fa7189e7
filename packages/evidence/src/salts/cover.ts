import { childrenOf, LEAVES, type SeedNode } from "./seeds.js";

/** What may become of a leaf's seed: it is asked for; it may come along; it must not. */
export type SeedUse = "wanted" | "free" | "secret";

/**
 * The fewest nodes from which the seeds of the wanted leaves follow, and none of a secret one: to show some leaves of a bundle.
 * @param nodes of the bundle
 * @param useOf a leaf's place in the bundle, from 0 to 255
 */
export function coverSeeds(nodes: readonly SeedNode[], useOf: (leaf: number) => SeedUse): SeedNode[] {
  return nodes.flatMap((node) => coverBelow(node, useOf));
}

function coverBelow(node: SeedNode, useOf: (leaf: number) => SeedUse): SeedNode[] {
  const width = LEAVES / 2 ** node.depth;
  let isWanted = false;
  let isSecret = false;
  for (let leaf = node.path * width; leaf < (node.path + 1) * width; leaf++) {
    const use = useOf(leaf);
    isWanted ||= use === "wanted";
    isSecret ||= use === "secret";
  }
  if (!isWanted) return [];
  return isSecret ? childrenOf(node).flatMap((child) => coverBelow(child, useOf)) : [node];
}
