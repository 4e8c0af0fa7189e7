import { LRUCache } from "lru-cache";
import type { PolicyVersion } from "../../policies/record.js";

export interface PolicyEntry {
  readonly policy: PolicyVersion | undefined;
  /** When the store was asked, by the cache's clock. */
  readonly askedAt: number;
}

/** Policies by name, the least recently used ones dropped when there are too many or they take too much. */
export type PolicyEntries = LRUCache<string, PolicyEntry>;

/** What an entry takes besides the policy, roughly. */
const ENTRY_BYTES = 512;

/** @param maxBytes an entry that takes more by itself is not kept */
export function policyEntries(maxEntries: number, maxBytes: number): PolicyEntries {
  return new LRUCache({ max: maxEntries, maxSize: maxBytes, sizeCalculation: bytesOf });
}

/** The parsed document takes about as much as its source. */
function bytesOf({ policy }: PolicyEntry): number {
  return ENTRY_BYTES + (policy === undefined ? 0 : policy.size * 2);
}
