import { AsyncLocalStorage } from "node:async_hooks";

const shortened = new AsyncLocalStorage<number>();

/** Runs a case that is expected to fail, perhaps by hanging: nothing in it waits for longer for an answer. */
export function withPatience<T>(ms: number, run: () => Promise<T>): Promise<T> {
  return shortened.run(ms, run);
}

/** How long to wait for an answer before the case fails. @param usual as long as only a hang takes */
export function patience(usual: number): number {
  return Math.min(usual, shortened.getStore() ?? usual);
}
