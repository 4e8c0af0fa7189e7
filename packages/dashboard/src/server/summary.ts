import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, type Query } from "./client.js";
import { type Resource, useResource } from "./resource.js";
import type { Summary } from "./wire.js";

/** How long counting may take before something is shown, and before a lower bound is left at that, in milliseconds. */
const BUDGETS_MS = [300, 3000] as const;

/**
 * Counts of events. What cannot be counted at once is shown as a lower bound first, and counted once more with more time.
 * @param query filter, `groupBy`, and `every` for buckets; `undefined` counts nothing
 */
export function useSummary(query: Query | undefined): Resource<Summary> {
  const wanted = JSON.stringify(query);
  const patient = useSignal<string | undefined>(undefined);
  const budgetMs = BUDGETS_MS[wanted !== undefined && patient.value === wanted ? 1 : 0];
  const summary = useResource(wanted === undefined ? undefined : `${budgetMs} ${wanted}`, (signal) =>
    get<Summary>("events/summary", { ...query, budgetMs }, signal),
  );
  const { value } = summary.data;
  const isShort = value?.lowerBound === true && !summary.loading.value;
  useEffect(() => {
    if (isShort) patient.value = wanted;
  }, [isShort, wanted]);
  return summary;
}
