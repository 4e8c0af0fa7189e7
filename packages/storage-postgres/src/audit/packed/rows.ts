import type { AuditEventRow, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { Packing, packedColumns } from "./fields.js";

const columnsOf = packedColumns();

/** Events as they are stored. */
export class PackedRows extends Packing<AuditEventRow> {
  /** @param filter what all of them meet */
  constructor(filter: ParsedAuditFilter) {
    super(filter, columnsOf);
  }

  /** Unrolled, in the order of `AUDIT_EVENT_COLUMNS`: with a member missing, or of another type, it does not compile. */
  protected read(values: readonly string[], payload: string | null): AuditEventRow {
    const { known } = this;
    let at = 0;
    const given = (): string => values[at++] as string;
    // No text that is stored is empty.
    const optional = (): string | null => values[at++] || null;
    return {
      ts: Number(given()),
      recordedAt: Number(given()),
      eventId: given(),
      agentId: known.agentId ?? given(),
      teamId: known.teamId ?? optional(),
      orgId: known.orgId ?? optional(),
      sessionId: known.sessionId ?? optional(),
      traceId: known.traceId ?? optional(),
      action: known.action ?? given(),
      decision: known.decision ?? given(),
      dryRun: given() === "t",
      shadowDecision: known.shadowDecision ?? optional(),
      matchedRuleId: known.matchedRuleId ?? optional(),
      tool: known.tool ?? optional(),
      payload,
    };
  }
}
