import type { JSX } from "preact";
import { visible } from "../text/visible.js";

// Each decision has a shape of its own in the style sheet, so that none is told by colour alone.
const KNOWN = ["allow", "deny", "pending", "error", "shadow", "observed"];

/** The name of a decision's colour and shape: one of the well-known ones, or `other`. */
export function decisionTone(decision: string): string {
  return KNOWN.includes(decision) ? decision : "other";
}

/** The word of a decision with its shape. */
export function Decision({ value }: { readonly value: string }): JSX.Element {
  return <span class={`decision ${decisionTone(value)}`}>{visible(value)}</span>;
}
