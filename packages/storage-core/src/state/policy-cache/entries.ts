import type { PolicyVersion } from "../../policies/record.js";

export interface PolicyEntry {
  readonly policy: PolicyVersion | undefined;
  /** When the store was asked, by the cache's clock. */
  readonly askedAt: number;
}

/** What an entry takes besides the policy, roughly. */
const ENTRY_BYTES = 512;

/** Policies by name, the least recently used ones dropped when there are too many or they take too much. */
export class PolicyEntries {
  readonly #entries = new Map<string, PolicyEntry>();
  #bytes = 0;

  constructor(
    private readonly maxEntries: number,
    private readonly maxBytes: number,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(name: string): PolicyEntry | undefined {
    const entry = this.#entries.get(name);
    if (entry !== undefined) {
      this.#entries.delete(name);
      this.#entries.set(name, entry);
    }
    return entry;
  }

  set(name: string, entry: PolicyEntry): void {
    this.delete(name);
    this.#entries.set(name, entry);
    this.#bytes += bytesOf(entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.maxEntries && this.#bytes <= this.maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#entries.delete(name);
    this.#bytes -= bytesOf(entry);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}

/** The parsed document takes about as much as its source. */
function bytesOf({ policy }: PolicyEntry): number {
  return ENTRY_BYTES + (policy === undefined ? 0 : policy.size * 2);
}
