import type { AuditEventRow, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { fromStoredJsonText } from "../../sql/stored-json.js";
import {
  type Known,
  knownBy,
  type PackedColumns,
  type PackedRow,
  type Packing,
  packedColumns,
  unpack,
} from "./fields.js";

const columnsOf = packedColumns();

/** Events as they are stored. */
export class PackedRows implements Packing<AuditEventRow> {
  readonly columns: string;
  readonly #known: Known;
  readonly #packed: PackedColumns;

  /** @param filter what all of them meet */
  constructor(filter: ParsedAuditFilter) {
    this.#known = knownBy(filter);
    this.#packed = columnsOf(this.#known);
    this.columns = this.#packed.select;
  }

  /** Unrolled, in the order of `AUDIT_EVENT_COLUMNS`: with a member missing, or of another type, it does not compile. */
  parse([fields, payload]: PackedRow): AuditEventRow | undefined {
    const values = unpack(fields, this.#packed);
    if (values === undefined) return undefined;
    const known = this.#known;
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
      payload: payload === null ? null : fromStoredJsonText(payload),
    };
  }
}
