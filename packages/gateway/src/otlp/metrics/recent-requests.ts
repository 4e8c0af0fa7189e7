import { hash } from "node:crypto";

/** Requests that are remembered, and for how long: the retries of SDKs come within a minute. */
const MOST = 10_000;
const MILLISECONDS = 10 * 60_000;

/**
 * Requests that were answered a short while ago. Points of metrics have no ids, and each sample counts: a client that lost the
 * answer sends the same bytes again, and they must not count twice. Two requests are never equal otherwise, since their points
 * have times.
 */
export class RecentRequests<Answer> {
  readonly #known = new Map<string, { readonly at: number; readonly answer: Promise<Answer> }>();

  constructor(private readonly now: () => number) {}

  /** What `handle` answers, or answered to the same bytes of this sender. A request that failed is forgotten. */
  async once(sender: string, bytes: Uint8Array, handle: () => Promise<Answer>): Promise<Answer> {
    const key = `${sender} ${hash("sha256", bytes, "base64")}`;
    this.#forget();
    const known = this.#known.get(key);
    if (known !== undefined) return known.answer;
    const answer = handle();
    this.#known.set(key, { at: this.now(), answer });
    try {
      return await answer;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  /** The oldest come first. */
  #forget(): void {
    const oldest = this.now() - MILLISECONDS;
    for (const [key, { at }] of this.#known) {
      if (at > oldest && this.#known.size < MOST) return;
      this.#known.delete(key);
    }
  }
}
