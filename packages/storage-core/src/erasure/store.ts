import type { ErasurePlan } from "./plan.js";
import type { ErasureRecord, ErasureResult } from "./record.js";
import type { EraseOptions, ErasureRequest, PlanErasureOptions } from "./request.js";

/** Takes parts out of audit events, such as the payload or the agent, where a law demands it. The events stay, and so does what happened. */
export interface ErasureStore {
  /**
   * What {@link erase} would do; changes nothing.
   * @throws `invalid_argument`; `unsupported` where the capability `erasure` is unsupported
   */
  planErasure(request: ErasureRequest, options?: PlanErasureOptions): Promise<ErasurePlan>;
  /**
   * Erases parts of all events that the filter selects: in rows, indexes and counts, then in the archives given, then in what is left
   * of them in the store's files. A redelivery of such an event counts as a duplicate. When it was cut off, the same request again
   * finishes it. An abort throws the signal's reason; what was erased until then stays erased.
   * @throws `conflict` where a legal hold covers one of the events, a member that was named is part of `payload:*` in one of them, or
   *   the events are sealed and `options.evidence` is missing: then nothing was erased. `invalid_argument`; `unsupported`
   */
  erase(request: ErasureRequest, options?: EraseOptions): Promise<ErasureResult>;
  /**
   * Ordered by `startedAt`, newest first.
   * @param options `limit`: 1 to 1,000, default 100
   * @throws `invalid_argument`
   */
  erasures(options?: { readonly limit?: number | undefined }): Promise<ErasureRecord[]>;
}
