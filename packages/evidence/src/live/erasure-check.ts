import {
  type ErasureSupport,
  type EvidenceEvent,
  MAX_EVIDENCE_LIMIT,
  toAuditEvent,
} from "@agent-assembly/storage-core/backend";
import type { Finding, FindingCode } from "../findings.js";
import type { StoredLeaf } from "../stored/stored-leaf.js";
import type { EraseRecords } from "./erase-records.js";

/**
 * What a row is against its leaf. `as_sealed`: all that is there of it, whatever else was found. `uncompared`: no salts are left to
 * compare with.
 */
export type RowState = "as_sealed" | "differs" | "uncompared";

/** Compares rows with their leaves, and finds parts that are gone, or are there, against what the log says of erasures. */
export class ErasureCheck {
  readonly findings: Finding[] = [];
  /** Events parts of which were erased. */
  erased = 0;
  /** Parts that are gone, and that no statement named when the verification began. */
  readonly #unnamed: {
    readonly about: Omit<Finding, "code" | "detail"> & { leaf: number };
    places: readonly number[];
  }[] = [];

  /** Events that the store must know as erased. */
  readonly #marked: { readonly leaf: number; readonly seq: number; readonly eventId: string; readonly ts: number }[] =
    [];

  constructor(private readonly records: EraseRecords) {}

  check(leaf: number, row: EvidenceEvent, stored: StoredLeaf): RowState {
    const erased = this.records.erased.get(leaf) ?? [];
    const announced = this.records.announced.get(leaf) ?? [];
    const find = (code: FindingCode, detail: string): void => {
      this.findings.push({ code, leaf, seq: row.seq, eventId: row.event.eventId, detail });
    };
    if (!stored.isWhole) {
      if (stored.kept === undefined && erased.length + announced.length === 0)
        find("erased_without_record", "the salts of the event were destroyed, and no statement says so");
      else
        find(
          "tile_damaged",
          "the salts of the parts that an erasure left are missing, so the event cannot be compared",
        );
      return "uncompared";
    }
    const { kept, seed } = stored;
    if (kept !== undefined && seed !== undefined)
      find(
        "tile_damaged",
        "the seed of an event with erased parts is there again, so that these could be confirmed by guessing",
      );
    if (!stored.isOf(toAuditEvent(row.event))) return "differs";
    const gone = (kept ?? []).filter(({ isErased }) => isErased).map(({ place }) => place);
    const places = unnamedOf(gone, leaf, this.records);
    if (places.length > 0) {
      this.#unnamed.push({ about: { leaf, seq: row.seq, eventId: row.event.eventId }, places });
    }
    const there = erased.filter((place) => !gone.includes(place));
    if (there.length > 0)
      find("edited", `parts ${there.join(", ")} of the event are there, and a statement says that they were erased`);
    if (gone.length > 0) {
      this.erased++;
      this.#marked.push({ leaf, seq: row.seq, eventId: row.event.eventId, ts: row.event.ts });
    }
    return "as_sealed";
  }

  /**
   * To be called behind all rows.
   * @param read the statements as they are now: an erasure may have been at work meanwhile
   * @param support absent where the store cannot erase, so that nothing in it was erased
   */
  async end(read: () => Promise<EraseRecords>, support: Pick<ErasureSupport, "erased"> | undefined): Promise<void> {
    if (support !== undefined) await this.#checkMarkers(support);
    if (this.#unnamed.length === 0) return;
    const records = await read();
    for (const { about, places } of this.#unnamed) {
      const unnamed = unnamedOf(places, about.leaf, records);
      if (unnamed.length === 0) continue;
      const detail = `parts ${unnamed.join(", ")} of the event are gone, and no statement says so`;
      this.findings.push({ code: "erased_without_record", ...about, detail });
    }
  }

  /** Without its marker, an erased event could come back from an archive. */
  async #checkMarkers(support: Pick<ErasureSupport, "erased">): Promise<void> {
    for (let from = 0; from < this.#marked.length; from += MAX_EVIDENCE_LIMIT) {
      const events = this.#marked.slice(from, from + MAX_EVIDENCE_LIMIT);
      const known = new Set((await support.erased(events)).map(({ ts, eventId }) => `${ts} ${eventId}`));
      for (const { ts, ...about } of events) {
        if (known.has(`${ts} ${about.eventId}`)) continue;
        const detail = "the store no longer knows that parts of the event were erased, so that they could be restored";
        this.findings.push({ code: "erased_without_record", ...about, detail });
      }
    }
  }
}

function unnamedOf(gone: readonly number[], leaf: number, { erased, announced }: EraseRecords): number[] {
  const named = [...(erased.get(leaf) ?? []), ...(announced.get(leaf) ?? [])];
  return gone.filter((place) => !named.includes(place));
}
