import type { PlanAction, RetentionPlan } from "@agent-assembly/retention";

export interface Sum {
  readonly segments: number;
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

export function sum(
  parts: readonly {
    readonly segment: { readonly dataset: string; readonly id: string };
    rows: number;
    bytes: number;
  }[],
): Sum {
  return {
    segments: new Set(parts.map(({ segment }) => `${segment.dataset} ${segment.id}`)).size,
    rows: parts.reduce((total, { rows }) => total + rows, 0),
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
  };
}
