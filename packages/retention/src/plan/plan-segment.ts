import type { LegalHold, Segment, SegmentMeasure, StorageBackend } from "@agent-assembly/storage-core";
import { DEFAULT_RULE, type ResolvedDatasetPolicy, type ResolvedRule } from "../policy/policy.js";
import { ageInDays, becomesOlderThan, daysText, isOlderThan } from "./ages.js";
import type { KeptRows, PlanAction, PlanItem } from "./plan.js";
import { heldBy, selectionOf, touches } from "./selections.js";

interface SegmentPlan {
  readonly items: readonly PlanItem[];
  readonly kept: readonly KeptRows[];
}

type Store = Pick<StorageBackend, "tiers" | "capabilities">;

/** What a policy says about one segment. */
export async function planSegment(
  store: Store,
  policy: ResolvedDatasetPolicy,
  segment: Segment,
  allHolds: readonly LegalHold[],
  nowMs: number,
): Promise<SegmentPlan> {
  const due = policy.rules.filter(({ warmDays }) => warmDays !== undefined && isOlderThan(segment, warmDays, nowMs));
  if (due.length === 0) return staying(store, policy, segment, nowMs);
  const holds = allHolds.filter((hold) => touches(hold, segment));
  const whole = await store.tiers.measure(segment);
  const parts = await measureRules(store, policy.rules, due, segment, holds, whole);
  const leaving = parts.reduce((sum, { measure }) => sum + measure.rows, 0);
  if (leaving === whole.rows) {
    return { items: mergeEqual(parts, whole).map((part) => itemOf(segment, part, nowMs)), kept: [] };
  }
  const kept = await staysBehind(store, policy, segment, holds, due, parts, whole);
  if (parts.length === 0) return { items: compressItems(store, policy, segment, nowMs), kept };
  return { items: parts.map((part) => itemOf(segment, part, nowMs)), kept };
}

interface Part {
  readonly rules: readonly ResolvedRule[];
  readonly selection: ReturnType<typeof selectionOf>;
  readonly measure: SegmentMeasure;
}

async function measureRules(
  { tiers }: Store,
  rules: readonly ResolvedRule[],
  due: readonly ResolvedRule[],
  segment: Segment,
  holds: readonly LegalHold[],
  whole: SegmentMeasure,
): Promise<Part[]> {
  const parts: Part[] = [];
  for (const rule of due) {
    const selection = selectionOf(rule, rules.slice(0, rules.indexOf(rule)), holds);
    const measure = selection === undefined ? whole : await tiers.measure(segment, { selection, ...upTo(whole) });
    // A position behind which nothing of the other parts lies, so that together they are the segment.
    if (measure.rows > 0) parts.push({ rules: [rule], selection, measure: { ...measure, ...upTo(whole) } });
  }
  return parts;
}

/** When all rows leave, those that leave in the same way do so together: as the whole segment if it is one way. */
function mergeEqual(parts: readonly Part[], whole: SegmentMeasure): readonly Part[] {
  const actions = new Set(parts.map(({ rules }) => rules[0]?.coldAction));
  if (actions.size !== 1) return parts;
  return [{ rules: parts.flatMap(({ rules }) => rules), selection: undefined, measure: whole }];
}

function itemOf(segment: Segment, { rules, selection, measure }: Part, nowMs: number): PlanItem {
  const action: PlanAction = (rules[0] as ResolvedRule).coldAction;
  const rule = rules.map(({ name }) => name).join(", ");
  const limits = rules.map(({ warmDays }) => warmDays as number);
  const limit = daysText(Math.max(...limits));
  const by = rule === DEFAULT_RULE ? "" : ` (rule ${rule})`;
  return {
    id: `${segment.dataset}/${segment.id}/${action}/${rule}`,
    action,
    dataset: segment.dataset,
    segment,
    rule,
    selection,
    ...upTo(measure),
    rows: measure.rows,
    bytes: measure.bytes,
    reason: `${daysText(ageInDays(segment, nowMs))} old, kept for ${limit}${by}`,
  };
}

/** Nothing of it leaves yet. */
function staying(store: Store, policy: ResolvedDatasetPolicy, segment: Segment, nowMs: number): SegmentPlan {
  const { dataset, rows, bytes } = segment;
  const next = soonest(policy.rules);
  const until = next?.warmDays === undefined ? undefined : becomesOlderThan(segment, next.warmDays);
  const reason = next === undefined ? "kept forever by every rule" : `kept for ${daysText(next.warmDays as number)}`;
  const kept = [{ dataset, segment, rows, bytes, reason, ...(until === undefined ? {} : { until }) }];
  return { items: compressItems(store, policy, segment, nowMs), kept };
}

/** All of its rows stay: it is compressed when it is old enough and the store can. */
function compressItems(
  { capabilities }: Store,
  policy: ResolvedDatasetPolicy,
  segment: Segment,
  nowMs: number,
): PlanItem[] {
  if (segment.tier !== "hot" || capabilities.compression.status === "unsupported") return [];
  if (!isOlderThan(segment, policy.hotDays, nowMs)) return [];
  const { dataset, rows, bytes } = segment;
  const reason = `${daysText(ageInDays(segment, nowMs))} old, hot for ${daysText(policy.hotDays)}`;
  return [
    {
      id: `${dataset}/${segment.id}/compress`,
      action: "compress",
      dataset,
      segment,
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

/** Rows that stay although others of their segment leave: held, or kept longer by a rule. */
async function staysBehind(
  { tiers }: Store,
  policy: ResolvedDatasetPolicy,
  segment: Segment,
  holds: readonly LegalHold[],
  due: readonly ResolvedRule[],
  parts: readonly Part[],
  whole: SegmentMeasure,
): Promise<KeptRows[]> {
  const kept: KeptRows[] = [];
  const { dataset } = segment;
  let [rows, bytes] = [whole.rows, whole.bytes];
  for (const { measure } of parts) [rows, bytes] = [rows - measure.rows, Math.max(0, bytes - measure.bytes)];
  if (holds.length > 0) {
    const held = await tiers.measure(segment, { selection: heldBy(holds), ...upTo(whole) });
    if (held.rows > 0) {
      const reason = `legal hold: ${holds.map(({ reason: why }) => why).join("; ")}`;
      const holdIds = holds.map(({ holdId }) => holdId);
      kept.push({ dataset, segment, rows: held.rows, bytes: held.bytes, reason, holdIds });
      [rows, bytes] = [rows - held.rows, Math.max(0, bytes - held.bytes)];
    }
  }
  if (rows > 0) {
    const longer = policy.rules.filter((rule) => !due.includes(rule));
    const next = soonest(longer);
    const until = next?.warmDays === undefined ? undefined : becomesOlderThan(segment, next.warmDays);
    const reason = `kept longer: ${longer.map(({ name }) => name).join(", ")}`;
    kept.push({ dataset, segment, rows, bytes, reason, ...(until === undefined ? {} : { until }) });
  }
  return kept;
}

function upTo(measure: SegmentMeasure): { upTo?: string } {
  return measure.upTo === undefined ? {} : { upTo: measure.upTo };
}
