import {
  AUDIT_EVENT_COLUMNS,
  type AuditColumn,
  type AuditEventRow,
  type AuditTextField,
  type ParsedAuditFilter,
} from "@agent-assembly/storage-core/backend";
import { fromStoredJsonText } from "../sql/stored-json.js";
import { fromTimestamp } from "../sql/timestamps.js";

/*
 * The driver decodes each value of an answer by itself, which for the fifteen of an event takes longer than all that the
 * server does to find it. So all but the payload come as one text. What the filter says of all events is not sent at all.
 */

/** Between two values. A value that holds it makes too many of them. */
const SEPARATOR = "\u001f";

const PACKED: readonly AuditColumn[] = AUDIT_EVENT_COLUMNS.filter(({ type }) => type !== "json");

/** The values of an event but its payload and what is known, and the payload. */
export type PackedRow = readonly [packed: string, payload: string | null];

/** Texts that all events of a page have. */
type Known = Partial<Readonly<Record<AuditTextField, string>>>;

/** How the events of a page are read. */
export class PackedRows {
  /** The select list of a {@link PackedRow} of the table with the alias `e`. */
  readonly columns: string;
  readonly #known: Known;
  readonly #length: number;

  /** @param filter what all of them meet */
  constructor(filter: ParsedAuditFilter) {
    const known = knownBy(filter);
    const packed = PACKED.filter(({ member }) => known[member as AuditTextField] === undefined);
    this.columns = `concat_ws('${SEPARATOR}', ${packed.map(textOf).join(", ")}), e.payload`;
    this.#known = known;
    this.#length = packed.length;
  }

  /**
   * Unrolled, in the order of {@link AUDIT_EVENT_COLUMNS}: with a member missing, or of another type, it does not compile.
   * @returns `undefined` when a value holds what stands between them: read the row as an `EventRow`
   */
  parse([packed, payload]: PackedRow): AuditEventRow | undefined {
    const values = packed.split(SEPARATOR);
    if (values.length !== this.#length) return undefined;
    const known = this.#known;
    let at = 0;
    const given = (): string => values[at++] as string;
    // No text that is stored is empty.
    const optional = (): string | null => values[at++] || null;
    return {
      ts: fromTimestamp(given()),
      recordedAt: fromTimestamp(given()),
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

/** Ids are left to the server, which has a form of its own for them. */
function knownBy({ texts }: ParsedAuditFilter): Known {
  const known: { -readonly [Field in AuditTextField]?: string } = {};
  for (const { field, values } of texts)
    if (values.length === 1 && field !== "eventId") known[field] = values[0] as string;
  return known;
}

function textOf({ column, type, nullable }: AuditColumn): string {
  const value = `e.${column}`;
  if (type === "boolean") return `CASE WHEN ${value} THEN 't' ELSE 'f' END`;
  return nullable ? `coalesce(${value}, '')` : `${value}::text`;
}
