import type { ErasureOutcome } from "@agent-assembly/storage-core/backend";

/** Rolls back a transaction that could not erase what it was given, and says why. */
export class ErasureUndone extends Error {
  constructor(readonly outcome: Exclude<ErasureOutcome, { readonly outcome: "erased" }>) {
    super(outcome.outcome);
  }
}
