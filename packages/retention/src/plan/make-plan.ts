import { DATASETS, type Partition, type StorageBackend } from "@agent-assembly/storage-core";
import type { ResolvedDatasetPolicy, ResolvedPolicy, RetentionPolicy } from "../policy/policy.js";
import { parseRetentionPolicy } from "../policy/resolve-policy.js";
import type { KeptRows, PlanItem, RetentionPlan } from "./plan.js";
import { planPartitions } from "./plan-partitions.js";
import { unfinishedArchives } from "./unfinished-archives.js";

/** Options of {@link planRetention}. */
export interface PlanOptions {
  /** Ages are counted from here; default: now. */
  readonly now?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists what the policy says about every partition; changes nothing. A run of the plan does exactly this, since rows that are
 * committed later are left out of it.
 * @throws `invalid_argument` for a bad policy; what the store throws, with the name of a partition that cannot be measured
 * @example
 * ```ts
 * import { planRetention } from "@agent-assembly/retention";
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 *
 * await using storage = openMemoryStorage();
 * const plan = await planRetention(storage, { audit: { warmDays: 90, coldAction: "drop" } });
 * for (const { action, rows, reason } of plan.items) console.log(action, rows, reason);
 * ```
 */
export async function planRetention(
  storage: Pick<StorageBackend, "partitions" | "holds" | "retentionSupport" | "capabilities">,
  policy: RetentionPolicy | ResolvedPolicy,
  options: PlanOptions = {},
): Promise<RetentionPlan> {
  const resolved = isResolved(policy) ? policy : parseRetentionPolicy(policy);
  const createdAt = options.now ?? new Date();
  const { partitions, retentionSupport } = storage;
  const [foreign, holds] = await Promise.all([retentionSupport.conflictingPolicies(), storage.holds.list()]);
  const unfinished = await unfinishedArchives(storage, holds);
  const items: PlanItem[] = [];
  const kept: KeptRows[] = [];
  for (const dataset of DATASETS) {
    options.signal?.throwIfAborted();
    // Its rows are in an archive already: planning them again would archive them twice. What waits for the release of
    // a hold is left out of every item of the plan, because these are the same holds.
    const isArchived = (partition: Partition): boolean =>
      unfinished.some((archive) => archive.state === "verified" && meets(archive, partition));
    const open = (await partitions.list(dataset)).filter((partition) => !isArchived(partition));
    const planning = {
      store: storage,
      policy: resolved[dataset],
      holds,
      nowMs: createdAt.getTime(),
      signal: options.signal,
    };
    for (const planned of await planPartitions(planning, open)) {
      items.push(...planned.items);
      kept.push(...planned.kept);
    }
  }
  items.sort((a, b) => a.partition.to.getTime() - b.partition.to.getTime());
  return { createdAt, policy: resolved, items, kept, unfinished, foreign };
}

function meets(a: { dataset: string; from: Date; to: Date }, b: Partition): boolean {
  return a.dataset === b.dataset && a.from < b.to && a.to > b.from;
}

function isResolved(policy: RetentionPolicy | ResolvedPolicy): policy is ResolvedPolicy {
  return Array.isArray((policy.audit as ResolvedDatasetPolicy | undefined)?.rules) && "dataset" in (policy.audit ?? {});
}
