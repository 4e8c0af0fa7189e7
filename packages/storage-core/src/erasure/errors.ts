import { StorageError } from "../errors.js";
import { countText } from "../support/describe.js";
import type { ErasureRefusal } from "./refusal.js";

const conflict = (message: string, remedy: string): StorageError =>
  new StorageError({ code: "conflict", message, remedy });

/** The refusals of erasures, in the same words for every backend. */
export const erasureErrors = {
  /** @param holds ids. @param events how many of the events they cover */
  held: (holds: readonly string[], events: number): StorageError =>
    conflict(
      `${holds.length === 1 ? "the legal hold" : "the legal holds"} ${holds.join(", ")} ${holds.length === 1 ? "covers" : "cover"} ` +
        `${countText(events, "event")}; nothing of ${events === 1 ? "it" : "them"} was erased`,
      "Release holds that no longer apply, or leave these events out of the filter.",
    ),
  refused: (refusals: readonly ErasureRefusal[]): StorageError =>
    conflict(
      `${refusals.map(refusalText).join("; ")}; nothing was erased`,
      "Plan the erasure, and change the request or release the holds.",
    ),
  sealed: (): StorageError =>
    new StorageError({
      code: "conflict",
      option: "options.evidence",
      message: "the events of this store are sealed, and {option} is missing; nothing was erased",
      remedy: "Set {option} to what erasureEvidence(storage) of @agent-assembly/evidence returns.",
    }),
  /** Of a store in which events keep changing. */
  unsettled: (): StorageError =>
    conflict(
      "events of the request keep coming or changing; some may not be erased",
      "Ask for the same erasure again.",
    ),
};

function refusalText(refusal: ErasureRefusal): string {
  if (refusal.kind === "hold") return `the legal hold ${refusal.holdId} covers ${countText(refusal.events, "event")}`;
  const { part, heldBy, events } = refusal;
  return `"${part}" is held by the part "${heldBy}" in ${countText(events, "event")}, which has more members than are parts of their own`;
}
