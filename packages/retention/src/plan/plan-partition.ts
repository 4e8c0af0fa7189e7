import type { LegalHold, Partition, PartitionMeasure, StorageBackend } from "@agent-assembly/storage-core";
import { DEFAULT_RULE, type ResolvedDatasetPolicy, type ResolvedRule } from "../policy/policy.js";
import { ageInDays, becomesOlderThan, daysText, isOlderThan } from "./ages.js";
import type { KeptRows, PlanAction, PlanItem } from "./plan.js";
import { heldBy, selectionOf, touches } from "./selections.js";

interface PartitionPlan {
  readonly items: readonly PlanItem[];
  readonly kept: readonly KeptRows[];
}

type Store = Pick<StorageBackend, "partitions" | "capabilities">;

/** What a policy says about one partition. */
export async function planPartition(
  store: Store,
  policy: ResolvedDatasetPolicy,
  partition: Partition,
  allHolds: readonly LegalHold[],
  nowMs: number,
): Promise<PartitionPlan> {
  const due = policy.rules.filter(({ warmDays }) => warmDays !== undefined && isOlderThan(partition, warmDays, nowMs));
  if (due.length === 0) return staying(store, policy, partition, nowMs);
  const holds = allHolds.filter((hold) => touches(hold, partition));
  const whole = await store.partitions.measure(partition);
  const parts = await measureRules(store, policy.rules, due, partition, holds, whole);
  const leaving = parts.reduce((sum, { measure }) => sum + measure.rows, 0);
  if (leaving === whole.rows) {
    return { items: mergeEqual(parts, whole).map((part) => itemOf(partition, part, nowMs)), kept: [] };
  }
  const kept = await staysBehind(store, policy, partition, holds, due, parts, whole);
  if (parts.length === 0) return { items: compressItems(store, policy, partition, nowMs), kept };
  return { items: parts.map((part) => itemOf(partition, part, nowMs)), kept };
}

interface Part {
  readonly rules: readonly ResolvedRule[];
  readonly selection: ReturnType<typeof selectionOf>;
  readonly measure: PartitionMeasure;
}

async function measureRules(
  { partitions }: Store,
  rules: readonly ResolvedRule[],
  due: readonly ResolvedRule[],
  partition: Partition,
  holds: readonly LegalHold[],
  whole: PartitionMeasure,
): Promise<Part[]> {
  const parts: Part[] = [];
  for (const rule of due) {
    const selection = selectionOf(rule, rules.slice(0, rules.indexOf(rule)), holds);
    const measure =
      selection === undefined ? whole : await partitions.measure(partition, { selection, ...asOf(whole) });
    // A position behind which nothing of the other parts lies, so that together they are the partition.
    if (measure.rows > 0) parts.push({ rules: [rule], selection, measure: { ...measure, ...asOf(whole) } });
  }
  return parts;
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
async function staysBehind(
  { partitions }: Store,
  policy: ResolvedDatasetPolicy,
  partition: Partition,
  holds: readonly LegalHold[],
  due: readonly ResolvedRule[],
  parts: readonly Part[],
  whole: PartitionMeasure,
): Promise<KeptRows[]> {
  const kept: KeptRows[] = [];
  const { dataset } = partition;
  let [rows, bytes] = [whole.rows, whole.bytes];
  for (const { measure } of parts) [rows, bytes] = [rows - measure.rows, Math.max(0, bytes - measure.bytes)];
  if (holds.length > 0) {
    const held = await partitions.measure(partition, { selection: heldBy(holds), ...asOf(whole) });
    if (held.rows > 0) {
      const reason = `legal hold: ${holds.map(({ reason: why }) => why).join("; ")}`;
      const holdIds = holds.map(({ holdId }) => holdId);
      kept.push({ dataset, partition, rows: held.rows, bytes: held.bytes, reason, holdIds });
      [rows, bytes] = [rows - held.rows, Math.max(0, bytes - held.bytes)];
    }
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
