import type { PolicyActivation } from "./record.js";

/**
 * The version a rollback leads to, or `undefined` when there is none. Activations form a stack that rollbacks pop, so
 * rolling back twice goes back two steps instead of toggling.
 * @param oldestFirst all activations of one name
 */
export function rollbackTarget(oldestFirst: readonly Pick<PolicyActivation, "kind" | "to">[]): number | undefined {
  const stack: number[] = [];
  for (const activation of oldestFirst) {
    if (activation.kind === "activate") stack.push(activation.to);
    else stack.pop();
  }
  return stack.at(-2);
}
