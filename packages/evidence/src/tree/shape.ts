import { parseInteger } from "@agent-assembly/storage-core/backend";

/** Leaves `start` to `end`, without `end`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** A range whose hash is one of a proof, and the side of the path from the leaf to the root that it lies on. */
export interface Sibling extends LeafRange {
  readonly isLeft: boolean;
}

/** Sizes are counted in doubles, so bits are taken by division: operators on bits would cut at 32. */
const MAX_SIZE = Number.MAX_SAFE_INTEGER;

/** @throws `invalid_argument` unless it is a size that a tree can have, from `min` to `max` leaves */
export function parseSize(what: string, value: unknown, min = 0, max: number = MAX_SIZE): number {
  return parseInteger(what, value, min, max);
}

/** The largest power of two below `size`, which is 2 or more: where RFC 6962 splits a tree. */
export function splitOf(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/**
 * The complete subtrees that make up a range, from left to right. The range begins where one of the size of its split can
 * begin, as those of {@link inclusionPath} and {@link consistencyPath} do.
 */
export function completeSubtrees({ start, end }: LeafRange): LeafRange[] {
  const subtrees: LeafRange[] = [];
  for (let from = start; from < end; ) {
    const leaves = splitOf(end - from + 1);
    subtrees.push({ start: from, end: from + leaves });
    from += leaves;
  }
  return subtrees;
}

/** What proves a leaf (RFC 6962, 2.1.1), from its sibling up to the child of the root. */
export function inclusionPath(index: number, size: number): Sibling[] {
  const path: Sibling[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    const isLeft = index >= middle;
    path.push(isLeft ? { start, end: middle, isLeft } : { start: middle, end, isLeft });
    if (isLeft) start = middle;
    else end = middle;
  }
  return path.reverse();
}

/**
 * What proves that the first leaves of a tree are those of a smaller one (RFC 6962, 2.1.2).
 * @param oldSize 1 or more
 * @returns `seed`: the last complete subtree of the old tree that the new one has, too; `isOldRoot` where that is all of the old
 *   tree, whose hash the verifier knows and the proof does not repeat
 */
export function consistencyPath(
  oldSize: number,
  size: number,
): { readonly seed: LeafRange; readonly isOldRoot: boolean; readonly path: readonly Sibling[] } {
  const path: Sibling[] = [];
  let [start, end] = [0, size];
  while (end !== oldSize) {
    const middle = start + splitOf(end - start);
    const isLeft = oldSize > middle;
    path.push(isLeft ? { start, end: middle, isLeft } : { start: middle, end, isLeft });
    if (isLeft) start = middle;
    else end = middle;
  }
  return { seed: { start, end }, isOldRoot: start === 0, path: path.reverse() };
}
