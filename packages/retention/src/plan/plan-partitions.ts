import type { LegalHold, Partition, PartitionMeasure, StorageBackend } from "@agent-assembly/storage-core";
import { DEFAULT_RULE, type ResolvedDatasetPolicy, type ResolvedRule } from "../policy/policy.js";
import { ageInDays, becomesOlderThan, daysText, isOlderThan } from "./ages.js";
import { measureAll } from "./measure-all.js";
import type { KeptRows, PlanAction, PlanItem } from "./plan.js";
import { heldBy, selectionOf, touches } from "./selections.js";

interface PartitionPlan {
  readonly items: readonly PlanItem[];
  readonly kept: readonly KeptRows[];
}

type Store = Pick<StorageBackend, "partitions" | "retentionSupport" | "capabilities">;

/** What {@link planPartitions} goes by. */
export interface Planning {
  readonly store: Store;
  readonly policy: ResolvedDatasetPolicy;
  /** Those in force. */
  readonly holds: readonly LegalHold[];
  /** Ages are counted from here. */
  readonly nowMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What a policy says about partitions of one dataset, each by itself. */
export async function planPartitions(planning: Planning, partitions: readonly Partition[]): Promise<PartitionPlan[]> {
  const { store, policy, nowMs } = planning;
  const measured = await measureDue(planning, partitions);
  return partitions.map((partition) => {
    const one = measured.get(partition);
    if (one === undefined) return staying(store, policy, partition, nowMs);
    const { parts, whole } = one;
    if (leavesWholly(one)) {
      return { items: mergeEqual(parts, whole).map((part) => itemOf(partition, part, nowMs)), kept: [] };
    }
    const kept = staysBehind(policy, one);
    if (parts.length === 0) return { items: compressItems(store, policy, partition, nowMs), kept };
    return { items: parts.map((part) => itemOf(partition, part, nowMs)), kept };
  });
}

interface Part {
  readonly rules: readonly ResolvedRule[];
  readonly selection: ReturnType<typeof selectionOf>;
  readonly measure: PartitionMeasure;
}

/** A partition of which rows are old enough to leave. */
interface DuePartition {
  readonly partition: Partition;
  /** The rules by which they are. */
  readonly due: readonly ResolvedRule[];
  /** The holds that meet it. */
  readonly holds: readonly LegalHold[];
}

interface MeasuredPartition extends DuePartition {
  readonly whole: PartitionMeasure;
  /** What leaves by each rule. */
  readonly parts: readonly Part[];
  /** What is under its holds, where not all rows leave. */
  readonly held?: PartitionMeasure | undefined;
}

/** Measures all of the due partitions first, then what leaves them, then what is held in them. */
async function measureDue(
  { store, policy: { rules }, holds: allHolds, nowMs, signal }: Planning,
  partitions: readonly Partition[],
): Promise<ReadonlyMap<Partition, MeasuredPartition>> {
  const due = partitions.flatMap((partition): DuePartition[] => {
    const deciding = rules.filter(({ warmDays }) => warmDays !== undefined && isOlderThan(partition, warmDays, nowMs));
    const holds = allHolds.filter((hold) => touches(hold, partition));
    return deciding.length === 0 ? [] : [{ partition, due: deciding, holds }];
  });
  const wholes = await measureAll(
    store,
    due.map(({ partition }) => ({ partition })),
    signal,
  );
  const wanted = due.flatMap((one, n) => {
    const whole = wholes[n] as PartitionMeasure;
    return one.due.map((rule) => {
      const selection = selectionOf(rule, rules.slice(0, rules.indexOf(rule)), one.holds);
      return { n, rule, selection, whole, request: { partition: one.partition, selection, ...asOf(whole) } };
    });
  });
  const selected = wanted.filter(({ selection }) => selection !== undefined);
  const measures = await measureAll(
    store,
    selected.map(({ request }) => request),
    signal,
  );
  const parts: Part[][] = due.map(() => []);
  for (const { n, rule, selection, whole } of wanted) {
    const measure = selection === undefined ? whole : (measures.shift() as PartitionMeasure);
    // A position behind which nothing of the other parts lies, so that together they are the partition.
    if (measure.rows > 0) parts[n]?.push({ rules: [rule], selection, measure: { ...measure, ...asOf(whole) } });
  }
  const measured = due.map((one, n) => ({ ...one, whole: wholes[n] as PartitionMeasure, parts: parts[n] as Part[] }));
  const behind = measured.filter((one) => one.holds.length > 0 && !leavesWholly(one));
  const held = await measureAll(
    store,
    behind.map(({ partition, holds, whole }) => ({ partition, selection: heldBy(holds), ...asOf(whole) })),
    signal,
  );
  const heldOf = new Map(behind.map(({ partition }, n) => [partition, held[n]]));
  return new Map(measured.map((one) => [one.partition, { ...one, held: heldOf.get(one.partition) }]));
}

function leavesWholly({ parts, whole }: Pick<MeasuredPartition, "parts" | "whole">): boolean {
  return parts.reduce((sum, { measure }) => sum + measure.rows, 0) === whole.rows;
}

/** When all rows leave, those that leave in the same way do so together: as the whole partition if it is one way. */
function mergeEqual(parts: readonly Part[], whole: PartitionMeasure): readonly Part[] {
  const actions = new Set(parts.map(({ rules }) => rules[0]?.coldAction));
  if (actions.size !== 1) return parts;
  return [{ rules: parts.flatMap(({ rules }) => rules), selection: undefined, measure: whole }];
}

function itemOf(partition: Partition, { rules, selection, measure }: Part, nowMs: number): PlanItem {
  const action: PlanAction = (rules[0] as ResolvedRule).coldAction;
  const rule = rules.map(({ name }) => name).join(", ");
  const limits = rules.map(({ warmDays }) => warmDays as number);
  const limit = daysText(Math.max(...limits));
  const by = rule === DEFAULT_RULE ? "" : ` (rule ${rule})`;
  return {
    id: `${partition.dataset}/${partition.id}/${action}/${rule}`,
    action,
    dataset: partition.dataset,
    partition,
    rule,
    selection,
    ...asOf(measure),
    rows: measure.rows,
    bytes: measure.bytes,
    reason: `${daysText(ageInDays(partition, nowMs))} old, kept for ${limit}${by}`,
  };
}

/** Nothing of it leaves yet. */
function staying(store: Store, policy: ResolvedDatasetPolicy, partition: Partition, nowMs: number): PartitionPlan {
  const { dataset, rows, bytes } = partition;
  const next = soonest(policy.rules);
  const until = next?.warmDays === undefined ? undefined : becomesOlderThan(partition, next.warmDays);
  const reason = next === undefined ? "kept forever by every rule" : `kept for ${daysText(next.warmDays as number)}`;
  const kept = [{ dataset, partition, rows, bytes, reason, ...(until === undefined ? {} : { until }) }];
  return { items: compressItems(store, policy, partition, nowMs), kept };
}

/** All of its rows stay: it is compressed when it is old enough and the store can. */
function compressItems(
  { capabilities }: Store,
  policy: ResolvedDatasetPolicy,
  partition: Partition,
  nowMs: number,
): PlanItem[] {
  if (partition.tier !== "hot" || capabilities.compression.status === "unsupported") return [];
  if (!isOlderThan(partition, policy.hotDays, nowMs)) return [];
  const { dataset, rows, bytes } = partition;
  const reason = `${daysText(ageInDays(partition, nowMs))} old, hot for ${daysText(policy.hotDays)}`;
  return [
    {
      id: `${dataset}/${partition.id}/compress`,
      action: "compress",
      dataset,
      partition,
      rule: DEFAULT_RULE,
      rows,
      bytes,
      reason,
    },
  ];
}

function soonest(rules: readonly ResolvedRule[]): ResolvedRule | undefined {
  const ending = rules.filter(({ warmDays }) => warmDays !== undefined);
  return ending.toSorted((a, b) => (a.warmDays as number) - (b.warmDays as number))[0];
}

/** Rows that stay although others of their partition leave: held, or kept longer by a rule. */
function staysBehind(
  policy: ResolvedDatasetPolicy,
  { partition, due, holds, parts, whole, held }: MeasuredPartition,
): KeptRows[] {
  const kept: KeptRows[] = [];
  const { dataset } = partition;
  let [rows, bytes] = [whole.rows, whole.bytes];
  for (const { measure } of parts) [rows, bytes] = [rows - measure.rows, Math.max(0, bytes - measure.bytes)];
  if (held !== undefined && held.rows > 0) {
    const reason = `legal hold: ${holds.map(({ reason: why }) => why).join("; ")}`;
    const holdIds = holds.map(({ holdId }) => holdId);
    kept.push({ dataset, partition, rows: held.rows, bytes: held.bytes, reason, holdIds });
    [rows, bytes] = [rows - held.rows, Math.max(0, bytes - held.bytes)];
  }
  if (rows > 0) {
    const longer = policy.rules.filter((rule) => !due.includes(rule));
    const next = soonest(longer);
    const until = next?.warmDays === undefined ? undefined : becomesOlderThan(partition, next.warmDays);
    const reason = `kept longer: ${longer.map(({ name }) => name).join(", ")}`;
    kept.push({ dataset, partition, rows, bytes, reason, ...(until === undefined ? {} : { until }) });
  }
  return kept;
}

function asOf(measure: PartitionMeasure): { asOf?: string } {
  return measure.asOf === undefined ? {} : { asOf: measure.asOf };
}
