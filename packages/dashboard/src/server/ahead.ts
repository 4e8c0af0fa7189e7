/** How long an answer that was asked for ahead counts as new, in milliseconds. */
const FRESH_MS = 10_000;

const asked = new Map<string, { readonly answer: Promise<Response>; readonly at: number }>();

/**
 * Sends a request before the code is loaded that will ask for it, so that both load at the same time. The first request for the
 * same URL gets the answer.
 */
export function askAhead(url: string): void {
  const answer = fetch(url, { credentials: "same-origin" });
  // A failure is reported to the one that takes the answer.
  answer.catch(() => undefined);
  asked.set(url, { answer, at: performance.now() });
}

/** The answer to a request that was sent ahead and is still new. */
export function takeAhead(url: string): Promise<Response> | undefined {
  const found = asked.get(url);
  asked.delete(url);
  return found !== undefined && performance.now() - found.at < FRESH_MS ? found.answer : undefined;
}

/** Drops what was asked for ahead, since it was asked by a session that no longer counts. */
export function forgetAhead(): void {
  asked.clear();
}
