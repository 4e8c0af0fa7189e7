import type { JSX } from "preact";
import { visible } from "../text/visible.js";

// Each decision has a shape of its own, so that none is told by colour alone.
const SHAPES: Readonly<Record<string, JSX.Element>> = {
  allow: <circle cx="5" cy="5" r="3" />,
  deny: <path d="M1 1h8v8H1z" />,
  pending: (
    <>
      <circle cx="5" cy="5" r="3.6" class="hollow" />
      <path d="M5 1.4a3.6 3.6 0 0 0 0 7.2z" />
    </>
  ),
  error: <path d="M5 0.7L9.5 9h-9z" />,
  shadow: <path d="M5 0.5L9.5 5 5 9.5 0.5 5z" />,
  observed: <circle cx="5" cy="5" r="3" class="hollow" />,
};

const KNOWN = Object.keys(SHAPES);

/** The name of a decision's colour: one of the well-known ones, or `other`. */
export function decisionTone(decision: string): string {
  return KNOWN.includes(decision) ? decision : "other";
}

/** The word of a decision with its shape. */
export function Decision({ value }: { readonly value: string }): JSX.Element {
  return (
    <span class={`decision ${decisionTone(value)}`}>
      <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
        {SHAPES[decisionTone(value)] ?? <path d="M1 5h8" class="hollow" />}
      </svg>
      {visible(value)}
    </span>
  );
}
