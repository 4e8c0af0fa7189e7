import { problem } from "./problem.js";

/** Seconds; SDKs that send telemetry give up when a longer wait is asked of them. */
const RETRY_AFTER = 1;

/**
 * How many bytes of request bodies may be in memory at a time, over all requests. A request that finds no room is
 * refused rather than queued: its client keeps the bytes, and this process does not.
 */
export class ByteBudget {
  #used = 0;

  /** @param bytes the most that may be held */
  constructor(private readonly bytes: number) {}

  /** Bytes held now. */
  get used(): number {
    return this.#used;
  }

  /** An account of one request: what it takes is given back at once, by `release`. */
  open(): ByteAccount {
    let taken = 0;
    return {
      take: (bytes) => {
        if (this.#used + bytes > this.bytes) throw refusal();
        this.#used += bytes;
        taken += bytes;
      },
      release: () => {
        this.#used -= taken;
        taken = 0;
      },
    };
  }

  /** Refuses a body, of which only the length is known, that finds no room now. @throws ProblemError 429 */
  admit(bytes: number): void {
    if (this.#used + bytes > this.bytes) throw refusal();
  }
}

/** The bytes that one request holds. */
export interface ByteAccount {
  /** @throws ProblemError 429 when there is no room for them */
  take(bytes: number): void;
  /** Idempotent. */
  release(): void;
}

function refusal(): Error {
  return problem("rate_limited", "too many bytes of request bodies are being processed", {
    retryable: true,
    remedy: "Send the request again after the time in Retry-After.",
    retryAfter: RETRY_AFTER,
  });
}
