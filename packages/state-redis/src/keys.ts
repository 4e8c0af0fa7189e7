/**
 * The names of our keys. What is in braces decides on which node of a Redis Cluster a key is: keys that one script uses
 * have it in common.
 */
export class RedisKeys {
  constructor(private readonly prefix: string) {}

  /** Requests for approval are in one place: their order is a whole. */
  approval(requestId: string): string {
    return `${this.prefix}:{approvals}:request:${requestId}`;
  }

  /**
   * Sorted sets of the ids of requests: all (`order`) and undecided ones (`open`) by submission, all by when they were settled, and
   * those without a decision in writing by expiry (`due`).
   */
  approvalIndex(index: "order" | "open" | "settled" | "due"): string {
    return `${this.prefix}:{approvals}:${index}`;
  }

  /** @param count from `countName` */
  rateLimit(count: string, partition: string | undefined): string {
    const tag = partition === undefined ? "limits" : `limits:${escaped(partition)}`;
    return `${this.prefix}:{${tag}}:${count}`;
  }

  policy(name: string, part: "active" | "generation"): string {
    return `${this.prefix}:{policy:${escaped(name)}}:${part}`;
  }

  channel(name: "approvals" | "policies"): string {
    return `${this.prefix}:changed:${name}`;
  }
}

/** Without braces, which would end the hash tag. */
function escaped(text: string): string {
  return encodeURIComponent(text);
}
