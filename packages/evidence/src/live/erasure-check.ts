import { type EvidenceEvent, toAuditEvent } from "@agent-assembly/storage-core/backend";
import type { Finding, FindingCode } from "../findings.js";
import type { EraseRecords } from "./erase-records.js";
import type { StoredLeaf } from "./stored-leaf.js";

/**
 * What a row is against its leaf. `as_sealed`: all that is there of it, whatever else was found. `uncompared`: no salts are left to
 * compare with.
 */
export type RowState = "as_sealed" | "differs" | "uncompared";

/** Compares rows with their leaves, and finds parts that are gone, or are there, against what the log says of erasures. */
export class ErasureCheck {
  readonly findings: Finding[] = [];
  /** Events parts of which were erased, as the log says. */
  erased = 0;

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
      else find("tile_damaged", "the salts of the parts that an erasure left are missing, so the event cannot be compared");
      return "uncompared";
    }
    const { kept, seed } = stored;
    if (kept !== undefined && seed !== undefined)
      find("tile_damaged", "the seed of an event with erased parts is there again, so that these could be confirmed by guessing");
    if (!stored.isOf(toAuditEvent(row.event))) return "differs";
    const gone = (kept ?? []).filter(({ isErased }) => isErased).map(({ place }) => place);
    const unnamed = gone.filter((place) => !erased.includes(place) && !announced.includes(place));
    if (unnamed.length > 0)
      find("erased_without_record", `parts ${unnamed.join(", ")} of the event are gone, and no statement says so`);
    const there = erased.filter((place) => !gone.includes(place));
    if (there.length > 0)
      find("edited", `parts ${there.join(", ")} of the event are there, and a statement says that they were erased`);
    if (gone.length > 0) this.erased++;
    return "as_sealed";
  }
}
