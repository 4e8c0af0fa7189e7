import {
  AUDIT_EVENT_COLUMNS,
  type AuditColumn,
  type AuditEventRow,
  type AuditTextField,
  type ParsedAuditFilter,
} from "@agent-assembly/storage-core/backend";

/*
 * The driver decodes each value of an answer by itself, which for the fifteen of an event takes longer than all that the
 * server does to find it. So all but the payload come as one text. What the filter says of all events is not sent at all.
 */

/** Between two values. A value that holds it makes too many of them. */
export const SEPARATOR = "\u001f";

const PACKED: readonly AuditColumn[] = AUDIT_EVENT_COLUMNS.filter(({ type }) => type !== "json");

/** Texts that all events of an answer have. */
type Known = Partial<Readonly<Record<AuditTextField, string>>>;

/** The values of an event but its payload and what is known of it, in one text. */
export class PackedFields {
  /** SQL expressions of the table with the alias `e`, one for each value; none of them yields null. */
  readonly expressions: readonly string[];
  readonly #known: Known;

  /** @param filter what all events meet */
  constructor(filter: ParsedAuditFilter) {
    const known = knownBy(filter);
    this.expressions = PACKED.filter(({ member }) => known[member as AuditTextField] === undefined).map(textOf);
    this.#known = known;
  }

  /**
   * Unrolled, in the order of {@link AUDIT_EVENT_COLUMNS}: with a member missing, or of another type, it does not compile.
   * @param from where its values begin
   * @param payload JSON text
   */
  read(values: readonly string[], from: number, payload: string | null): AuditEventRow {
    const known = this.#known;
    let at = from;
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

/** Ids are left to the server, which has a form of its own for them. */
function knownBy({ texts }: ParsedAuditFilter): Known {
  const known: { -readonly [Field in AuditTextField]?: string } = {};
  for (const { field, values } of texts)
    if (values.length === 1 && field !== "eventId") known[field] = values[0] as string;
  return known;
}

function textOf({ column, type, nullable }: AuditColumn): string {
  const value = `e.${column}`;
  // Whole milliseconds: to write a date, and to read it, takes several times as long.
  if (type === "timestamp") return `(date_part('epoch', ${value}) * 1000)::bigint`;
  if (type === "boolean") return `CASE WHEN ${value} THEN 't' ELSE 'f' END`;
  return nullable ? `coalesce(${value}, '')` : value;
}
