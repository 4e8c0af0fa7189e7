import type { LiveJob } from "./live-state.js";

const DOES: Readonly<Record<LiveJob["kind"], string>> = {
  compression: "compresses chunks of",
  retention: "drops chunks of",
  refresh: "refreshes",
  reorder: "reorders chunks of",
};

/** Policies on our tables that we did not create: they are reported and left unchanged. @param own ids of our jobs */
export function foreignPolicies(jobs: readonly LiveJob[], own: ReadonlySet<number>): string[] {
  return jobs
    .filter(({ id }) => !own.has(id))
    .map(({ id, kind, on }) => `job ${id} ${DOES[kind]} ${on}; it is not ours and was left as it is`);
}
