import {
  type AuditKey,
  compareAuditKeys,
  type EvidenceKey,
  type EvidenceSupport,
} from "@agent-assembly/storage-core/backend";
import { keyBefore } from "../log/key-before.js";

/** Finds sealed rows by their keys; fastest in the order of the keys. */
export class KeyCursor {
  #page: readonly EvidenceKey[] = [];
  #at = 0;
  /** Before the first key that the page answers for. */
  #from: AuditKey | undefined;
  #isLast = false;

  /**
   * @param position up to which rows are sealed
   * @param limit keys that are read together: many where most rows are asked for
   */
  constructor(
    private readonly support: Pick<EvidenceSupport, "keys">,
    private readonly position: string,
    private readonly limit: number,
  ) {}

  /** `undefined` for a row that sealing has not reached, or that is not there. */
  async find(key: AuditKey): Promise<EvidenceKey | undefined> {
    if (!this.#covers(key)) await this.#read(key);
    for (let found = this.#page[this.#at]; found !== undefined; found = this.#page[++this.#at]) {
      const order = compareAuditKeys(found, key);
      if (order > 0) return undefined;
      if (order === 0) return found;
    }
    return undefined;
  }

  #covers(key: AuditKey): boolean {
    const passed = this.#page[this.#at - 1] ?? this.#from;
    if (passed === undefined || compareAuditKeys(key, passed) <= 0) return false;
    const last = this.#page.at(-1);
    return this.#isLast || (last !== undefined && compareAuditKeys(key, last) <= 0);
  }

  async #read(key: AuditKey): Promise<void> {
    this.#from = keyBefore(key);
    this.#page = await this.support.keys(this.position, this.#from, this.limit);
    this.#at = 0;
    this.#isLast = this.#page.length < this.limit;
  }
}
