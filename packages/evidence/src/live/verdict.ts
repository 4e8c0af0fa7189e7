import type { StoreVerification } from "./verify-store.js";

/** What a verification comes to. What could not be checked is a verdict of its own, and no pass. */
export const STORE_VERDICTS = ["clean", "findings", "unchecked"] as const;

/** One of {@link STORE_VERDICTS}. */
export type StoreVerdict = (typeof STORE_VERDICTS)[number];

/**
 * The verdict of a verification.
 * @param unchecked what could not be checked besides, such as anchors that cannot be reached
 */
export function storeVerdict(
  { findings, uncompared }: Pick<StoreVerification, "findings" | "uncompared">,
  unchecked: readonly string[] = [],
): StoreVerdict {
  if (findings.length > 0) return "findings";
  return uncompared > 0 || unchecked.length > 0 ? "unchecked" : "clean";
}
