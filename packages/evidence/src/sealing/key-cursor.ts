import {
  type AuditEventRow,
  type AuditKey,
  compareAuditKeys,
  type EvidenceKey,
  type EvidenceSupport,
} from "@agent-assembly/storage-core/backend";

const GREATEST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const PAGE = 4096;

/** Walks the keys of sealed rows. */
export class KeyCursor {
  #page: readonly EvidenceKey[] = [];
  #at = 0;
  #isOver = false;
  #after: AuditKey;

  constructor(
    private readonly support: EvidenceSupport,
    private readonly position: string,
    from: Date,
  ) {
    this.#after = { ts: from.getTime() - 1, eventId: GREATEST_ID };
  }

  /** The key of a row that comes behind all that were asked for before. */
  async find(row: AuditEventRow): Promise<EvidenceKey | undefined> {
    for (;;) {
      const key = this.#page[this.#at];
      if (key === undefined) {
        if (this.#isOver) return undefined;
        await this.#next();
        continue;
      }
      const order = compareAuditKeys(key, row);
      if (order > 0) return undefined;
      this.#at++;
      if (order === 0) return key;
    }
  }

  async #next(): Promise<void> {
    this.#page = await this.support.keys(this.position, this.#after, PAGE);
    this.#at = 0;
    this.#after = this.#page.at(-1) ?? this.#after;
    this.#isOver = this.#page.length < PAGE;
  }
}
