import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import type { SeedNode } from "../salts/seeds.js";
import { hashFromBase64, toBase64 } from "../support/bytes.js";
import { isIndex, parseCanonicalJson, recordOf } from "./canonical.js";

/** Salts of parts by place. */
export type PartSalts = ReadonlyMap<number, Uint8Array>;

/** From what the salts of a bundle's leaves are had. */
export interface BundleSalts {
  readonly nodes: readonly SeedNode[];
  /** By leaf of the tree: of leaves whose seed was destroyed, the salts of the parts that are left. */
  readonly salts: ReadonlyMap<number, PartSalts>;
}

/** A line of `seeds.jsonl`, without its newline. */
export function encodeSeedsLine(bundle: number, { nodes, salts }: BundleSalts): string {
  return canonicalJson({
    bundle,
    nodes: nodes.map(({ depth, path, node }) => [depth, path, toBase64(node)]),
    salts: [...salts]
      .sort(([a], [b]) => a - b)
      .map(([leaf, parts]) => [
        leaf,
        [...parts].sort(([a], [b]) => a - b).map(([part, salt]): JsonValue => [part, toBase64(salt)]),
      ]),
  });
}

/** @returns `undefined` for a line in another form. Whether a bundle can have the nodes, `leafSeeds` says */
export function parseSeedsLine(text: string): (BundleSalts & { readonly bundle: number }) | undefined {
  const line = recordOf(parseCanonicalJson(text), ["bundle", "nodes", "salts"]);
  if (line === undefined || !isIndex(line.bundle) || !Array.isArray(line.nodes)) return undefined;
  const nodes: SeedNode[] = [];
  for (const item of line.nodes) {
    const [depth, path, text, ...rest] = Array.isArray(item) ? item : [];
    const node = hashFromBase64(text);
    if (!isIndex(depth) || !isIndex(path) || node === undefined || rest.length > 0) return undefined;
    nodes.push({ depth, path, node });
  }
  const salts = mapOf(line.salts, (parts) => mapOf(parts, hashFromBase64));
  return salts === undefined ? undefined : { bundle: line.bundle, nodes, salts };
}

/** A list of pairs as a map by their first members, which ascend. */
function mapOf<Value>(
  list: JsonValue | undefined,
  parse: (value: JsonValue | undefined) => Value | undefined,
): Map<number, Value> | undefined {
  if (!Array.isArray(list)) return undefined;
  const map = new Map<number, Value>();
  let last = -1;
  for (const item of list) {
    const [key, given, ...rest] = Array.isArray(item) ? item : [];
    const value = parse(given);
    if (!isIndex(key) || key <= last || value === undefined || rest.length > 0) return undefined;
    map.set(key, value);
    last = key;
  }
  return map;
}
