/** Who wants to hear of changes of which request. */
export class ApprovalWatchers {
  readonly #byRequest = new Map<string, Set<() => void>>();

  /** @returns an unsubscribe function */
  add(requestId: string, wake: () => void): () => void {
    const watchers = this.#byRequest.get(requestId) ?? new Set();
    this.#byRequest.set(requestId, watchers.add(wake));
    return () => {
      watchers.delete(wake);
      if (watchers.size === 0 && this.#byRequest.get(requestId) === watchers) this.#byRequest.delete(requestId);
    };
  }

  wake(requestId: string): void {
    for (const wake of this.#byRequest.get(requestId) ?? []) wake();
  }

  /** When changes may have been missed. */
  wakeAll(): void {
    for (const requestId of this.#byRequest.keys()) this.wake(requestId);
  }

  clear(): void {
    this.#byRequest.clear();
  }
}
