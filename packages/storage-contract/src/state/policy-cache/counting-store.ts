import { type PolicyStore, type PolicyVersion, StorageError } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";

/** A store of policies that counts its queries, and can be made slow or unreachable. */
export class CountingStore {
  readonly policies: PolicyStore = openMemoryStorage().policies;
  queries = 0;
  /** Every query fails while it is set. */
  away = false;
  #gate: Promise<void> | undefined;
  #open: (() => void) | undefined;

  /** Queries that have read their answer wait from now on, until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#gate = undefined;
    this.#open?.();
  }

  async active(name: string): Promise<PolicyVersion | undefined> {
    this.queries++;
    if (this.away) throw new StorageError({ code: "unavailable", message: "the store is away" });
    const answer = await this.policies.active(name);
    await this.#gate;
    return answer;
  }

  /** Stores a new version and makes it the active one; tells no cache. */
  async activate(name: string, source: string): Promise<number> {
    const { version } = await this.policies.save({ name, source }, { actor: "alice" });
    await this.policies.activate(name, version, { actor: "alice" });
    return version;
  }
}
