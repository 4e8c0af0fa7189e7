import type { AuditKey } from "../audit/paging.js";
import { sameRow } from "../audit/row.js";
import type {
  ErasedEvidence,
  ErasedParts,
  ErasureBatch,
  ErasureDriver,
  ErasureOutcome,
  ScrubReport,
} from "../erasure/driver.js";
import { erasureErrors } from "../erasure/errors.js";
import { mergeMarkers } from "../erasure/event-parts.js";
import { type ErasureRow, raised } from "../erasure/row.js";
import { type HoldRow, heldBy } from "../holds/row.js";
import type { MemoryKeyedTable } from "../records/memory-table.js";
import type { MemoryEventTable } from "./event-table.js";
import type { MemoryEvidenceDriver } from "./evidence-driver.js";

/** What a {@link MemoryErasureDriver} changes. */
export interface MemoryErasureParts {
  readonly table: MemoryEventTable;
  readonly erasures: MemoryKeyedTable<ErasureRow>;
  readonly holds: Pick<MemoryKeyedTable<HoldRow>, "rows">;
  readonly evidence: MemoryEvidenceDriver;
}

/** Erases parts of events in memory, where nothing of them is left once no one holds the old rows. */
export class MemoryErasureDriver implements ErasureDriver {
  readonly notCovered: readonly string[] = [];

  constructor(private readonly parts: MemoryErasureParts) {}

  async erase({ erasureId, events, evidence }: ErasureBatch): Promise<ErasureOutcome> {
    const { table, erasures, holds, evidence: log } = this.parts;
    const changed = events.filter(({ event }) => {
      const stored = table.find(event);
      return stored === undefined || !sameRow(stored, event);
    });
    if (changed.length > 0) {
      return { outcome: "changed", changed: changed.map(({ event: { ts, eventId } }) => ({ ts, eventId })) };
    }
    const held = heldBy(
      holds.rows.filter(({ releasedAt }) => releasedAt === null),
      events.map(({ event }) => event),
    );
    if (held.rows > 0) throw erasureErrors.held(held.holds, held.rows);
    if (evidence !== undefined && !log.hasSeeds(evidence)) return { outcome: "evidence_changed" };
    table.erase(
      events.map(({ after }) => after),
      events.map(({ event: { ts, eventId }, marker }) => ({ ts, eventId, parts: marker })),
    );
    if (evidence !== undefined) log.erase(evidence);
    // Not a step of the erasure that is recorded: it has begun, and will end.
    await erasures.replace(
      erasureId,
      (row) =>
        row &&
        raised(
          row,
          events.map(({ event }) => event),
        ),
    );
    return { outcome: "erased" };
  }

  async erased(keys: readonly AuditKey[]): Promise<ErasedParts[]> {
    return this.parts.table.erased(keys);
  }

  async mark(events: readonly ErasedParts[], evidence?: ErasedEvidence): Promise<boolean> {
    const { table, evidence: log } = this.parts;
    if (evidence !== undefined && !log.hasSeeds(evidence)) return false;
    const known = new Map(table.erased(events).map((marker) => [`${marker.ts} ${marker.eventId}`, marker.parts]));
    const markers = events.map(({ ts, eventId, parts }) => ({
      ts,
      eventId,
      parts: mergeMarkers(known.get(`${ts} ${eventId}`) ?? [], parts),
    }));
    table.erase([], markers);
    if (evidence !== undefined) log.erase(evidence);
    return true;
  }

  async scrub(): Promise<ScrubReport> {
    return { done: [], remains: [] };
  }
}
