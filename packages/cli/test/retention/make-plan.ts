import { type PlanItem, planRetention, type RetentionPlan, type RetentionPolicy } from "@agent-assembly/retention";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";

export const NOW = new Date("2026-03-01T12:00:00Z");
const DAY_MS = 86_400_000;

export interface PlannedStore {
  /** How many days before {@link NOW} the first of the events lies. */
  readonly days: number;
  readonly perDay: number;
  readonly hold?: { readonly agentId: string; readonly reason: string };
}

/** A plan made by the engine for a store in memory: events of each day, by three agents of two teams. */
export async function makePlan(policy: RetentionPolicy, { days, perDay, hold }: PlannedStore): Promise<RetentionPlan> {
  await using storage = openMemoryStorage({ governanceEvents: false, limits: { maxAgeMs: Number.POSITIVE_INFINITY } });
  const first = Math.floor(NOW.getTime() / DAY_MS) - days;
  await storage.audit.append(
    Array.from({ length: days * perDay }, (_, i) => ({
      ts: new Date((first + Math.floor(i / perDay)) * DAY_MS + (i % perDay) * 1000),
      agentId: `agent-${i % 3}`,
      teamId: i % 2 === 0 ? "hr" : "ops",
      action: "tool_call",
      decision: "allow",
    })),
  );
  if (hold !== undefined) await storage.holds.place({ ...hold, actor: "court" });
  return await planRetention(storage, policy, { now: NOW });
}

/** An item of a plan, of a partition of one day. */
export function itemOf(action: PlanItem["action"], day: string, rows: number): PlanItem {
  const from = new Date(`${day}T00:00:00Z`);
  const partition = {
    dataset: "audit",
    id: day,
    from,
    to: new Date(from.getTime() + DAY_MS),
    rows,
    bytes: rows * 100,
    tier: "hot",
  };
  return {
    id: `audit/${day}/${action}`,
    action,
    dataset: "audit",
    partition: partition as PlanItem["partition"],
    rule: "default",
    rows,
    bytes: rows * 100,
    reason: "100 days old, kept for 90 days",
  };
}
