/** How long an answer that was asked for ahead counts as new, in milliseconds. */
const FRESH_MS = 10_000;

interface Asked {
  readonly answer: Promise<Response>;
  readonly at: number;
  readonly abort: AbortController;
}

const asked = new Map<string, Asked>();

/**
 * Sends a request before the code is loaded that will ask for it, so that both load at the same time. The first request for the
 * same URL gets the answer.
 */
export function askAhead(url: string): void {
  const abort = new AbortController();
  const answer = fetch(url, { credentials: "same-origin", signal: abort.signal });
  // A failure is reported to the one that takes the answer.
  answer.catch(() => undefined);
  asked.set(url, { answer, at: performance.now(), abort });
}

/** The answer to a request that was sent ahead and is still new. */
export function takeAhead(url: string): Promise<Response> | undefined {
  const found = asked.get(url);
  if (found === undefined) return undefined;
  asked.delete(url);
  if (performance.now() - found.at < FRESH_MS) return found.answer;
  found.abort.abort();
  return undefined;
}

/** Drops what was asked for ahead, since it was asked by a session that no longer counts. */
export function forgetAhead(): void {
  // An answer that is not read would keep its connection.
  for (const { abort } of asked.values()) abort.abort();
  asked.clear();
}
