import type { KeptRows, PlanAction, PlanItem, RetentionPlan } from "@agent-assembly/retention";
import type { Dataset } from "@agent-assembly/storage-core";

/** Lines of a plan that say the same of partitions that follow each other. */
export interface PlanGroup<T> {
  readonly dataset: Dataset;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly partitions: number;
  readonly rows: number;
  readonly bytes: number;
  readonly members: readonly T[];
}

export interface GroupedPlan {
  readonly items: readonly PlanGroup<PlanItem>[];
  readonly kept: readonly PlanGroup<KeptRows>[];
}

type Part = Pick<PlanItem, "dataset" | "partition" | "rows" | "bytes">;

/** @param every each line by itself */
export function groupPlan({ items, kept }: Pick<RetentionPlan, "items" | "kept">, every: boolean): GroupedPlan {
  const order = partitionOrder([...items, ...kept]);
  return {
    items: group(items, order, every, ({ action, rule, reason }) => [action, rule, withoutAge(reason)]),
    kept: group(kept, order, every, ({ reason, holdIds }) => [reason, ...(holdIds ?? [])]),
  };
}

/** `40 days old, kept for 30 days`: the age is another one for each partition, and the rest is the reason. */
export function withoutAge(reason: string): string {
  return reason.replace(/^\d+ days? old, /, "");
}

/** The place of each partition among those of its dataset that the plan names. */
function partitionOrder(parts: readonly Part[]): ReadonlyMap<string, number> {
  const partitions = new Map(parts.map(({ partition }) => [keyOf(partition), partition]));
  const sorted = [...partitions].sort(([, a], [, b]) => a.from.getTime() - b.from.getTime());
  const counts = new Map<string, number>();
  return new Map(
    sorted.map(([key, { dataset }]) => {
      const place = counts.get(dataset) ?? 0;
      counts.set(dataset, place + 1);
      return [key, place];
    }),
  );
}

function group<T extends Part>(
  parts: readonly T[],
  order: ReadonlyMap<string, number>,
  every: boolean,
  sameness: (part: T) => readonly string[],
): PlanGroup<T>[] {
  const place = (part: T): number => order.get(keyOf(part.partition)) as number;
  const sorted = parts.toSorted((a, b) => place(a) - place(b));
  const open = new Map<string, T[]>();
  const groups: T[][] = [];
  for (const part of sorted) {
    const key = JSON.stringify([part.dataset, ...sameness(part)]);
    const last = open.get(key);
    if (!every && last !== undefined && place(last.at(-1) as T) === place(part) - 1) {
      last.push(part);
      continue;
    }
    const begun = [part];
    open.set(key, begun);
    groups.push(begun);
  }
  return groups.map((members) => summary(members));
}

function summary<T extends Part>(members: readonly T[]): PlanGroup<T> {
  const [first, last] = [members[0] as T, members.at(-1) as T];
  return {
    dataset: first.dataset,
    from: first.partition.from,
    to: last.partition.to,
    partitions: members.length,
    rows: members.reduce((total, { rows }) => total + rows, 0),
    bytes: members.reduce((total, { bytes }) => total + bytes, 0),
    members,
  };
}

function keyOf({ dataset, id }: Part["partition"]): string {
  return `${dataset} ${id}`;
}

export interface Sum {
  readonly partitions: number;
  readonly rows: number;
  readonly bytes: number;
}

/** What a plan comes to. */
export interface PlanTotals extends Readonly<Record<PlanAction, Sum>> {
  /** Rows that stay, those under a legal hold included. */
  readonly kept: Sum;
  readonly held: Sum;
}

export function planTotals({ items, kept }: Pick<RetentionPlan, "items" | "kept">): PlanTotals {
  const of = (action: PlanAction): Sum => sum(items.filter((item) => item.action === action));
  return {
    archive: of("archive"),
    drop: of("drop"),
    compress: of("compress"),
    kept: sum(kept),
    held: sum(kept.filter(({ holdIds }) => holdIds !== undefined)),
  };
}

function sum(
  parts: readonly {
    readonly partition: { readonly dataset: string; readonly id: string };
    rows: number;
    bytes: number;
  }[],
): Sum {
  return {
    partitions: new Set(parts.map(({ partition }) => `${partition.dataset} ${partition.id}`)).size,
    rows: parts.reduce((total, { rows }) => total + rows, 0),
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
  };
}
