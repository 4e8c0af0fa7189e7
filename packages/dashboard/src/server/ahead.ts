/** How long an answer that was asked for ahead counts as new, in milliseconds. */
const FRESH_MS = 10_000;

interface Asked {
  readonly answer: Promise<unknown>;
  readonly at: number;
  readonly abort: AbortController;
  /** Set when the answer is there and is no failure. */
  read?: unknown;
}

const asked = new Map<string, Asked>();

/**
 * Sends a request before the code is loaded that will ask for it, so that both load at the same time. The first request for the
 * same URL gets the answer.
 * @param send asks for the URL
 * @returns resolves when the answer is there, be it a failure, which is reported to the one that takes it
 */
export function askAhead(url: string, send: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const abort = new AbortController();
  const own: Asked = { answer: send(abort.signal), at: performance.now(), abort };
  asked.set(url, own);
  return own.answer.then(
    (read) => {
      own.read = read;
    },
    () => undefined,
  );
}

/** The answer to a request that was sent ahead and is still new. */
export function takeAhead(url: string): Promise<unknown> | undefined {
  return taken(url)?.answer;
}

/** {@link takeAhead} for an answer that is there, without waiting for it; others stay. */
export function readAhead(url: string): unknown {
  return asked.get(url)?.read === undefined ? undefined : taken(url)?.read;
}

function taken(url: string): Asked | undefined {
  const found = asked.get(url);
  if (found === undefined) return undefined;
  asked.delete(url);
  if (performance.now() - found.at < FRESH_MS) return found;
  found.abort.abort();
  return undefined;
}

/** Drops what was asked for ahead, since it was asked by a session that no longer counts. */
export function forgetAhead(): void {
  // An answer that is not read would keep its connection.
  for (const { abort } of asked.values()) abort.abort();
  asked.clear();
}
