import {
  AUDIT_EVENT_COLUMNS,
  type AuditColumn,
  type AuditMember,
  type AuditTextField,
  type ParsedAuditFilter,
} from "@agent-assembly/storage-core/backend";
import { fromStoredJsonText } from "../../sql/stored-json.js";

/*
 * The driver decodes each value of an answer by itself, which for the fifteen of an event takes longer than all that the
 * server does to find it. So all but the payload come as one text. What the filter says of all events is not sent at all.
 */

/** The packed fields of an event, and its payload as JSON text. */
export type PackedRow = readonly [fields: string, payload: string | null];

/** Texts that all events of an answer have. */
type Known = Partial<Readonly<Record<AuditTextField, string>>>;

/** The columns that are packed, but for those that are known. */
interface PackedColumns {
  readonly select: string;
  readonly count: number;
}

/** Between two values. A value that holds it makes too many of them. */
const SEPARATOR = "\u001f";

/** How events of one filter are selected and read. */
export abstract class Packing<Event> {
  /** The select list of a {@link PackedRow} of the table with the alias `e`. */
  readonly columns: string;
  protected readonly known: Known;
  readonly #count: number;

  /** @param filter what all events meet */
  constructor(filter: ParsedAuditFilter, columnsOf: (known: Known) => PackedColumns) {
    this.known = knownBy(filter);
    const { select, count } = columnsOf(this.known);
    this.columns = select;
    this.#count = count;
  }

  /** @returns `undefined` when a value holds what stands between them: read the row as an `EventRow` */
  parse([fields, payload]: PackedRow): Event | undefined {
    const values = fields.split(SEPARATOR);
    if (values.length !== this.#count) return undefined;
    return this.read(values, payload === null ? null : fromStoredJsonText(payload));
  }

  /** @param payload JSON text */
  protected abstract read(values: readonly string[], payload: string | null): Event;
}

/** What all events have that meet a filter. Ids are left to the server, which has a form of its own for them. */
function knownBy({ texts }: ParsedAuditFilter): Known {
  const known: { -readonly [Field in AuditTextField]?: string } = {};
  for (const { field, values } of texts)
    if (values.length === 1 && field !== "eventId") known[field] = values[0] as string;
  return known;
}

/** Select lists, made once for each set of known fields. @param without members that are not wanted */
export function packedColumns(...without: readonly AuditMember[]): (known: Known) => PackedColumns {
  const columns: readonly AuditColumn[] = AUDIT_EVENT_COLUMNS.filter(
    ({ member, type }) => type !== "json" && !without.includes(member),
  );
  const made = new Map<string, PackedColumns>();
  return (known) => {
    const names = Object.keys(known).join();
    let packed = made.get(names);
    if (packed === undefined) {
      const values = columns.filter(({ member }) => known[member as AuditTextField] === undefined).map(textOf);
      packed = { select: `concat_ws('${SEPARATOR}', ${values.join(", ")}), e.payload`, count: values.length };
      made.set(names, packed);
    }
    return packed;
  };
}

/** An expression that never yields null, which `concat_ws` would leave out. */
function textOf({ column, type, nullable }: AuditColumn): string {
  const value = `e.${column}`;
  // Whole milliseconds: to write a date, and to read it, takes several times as long.
  if (type === "timestamp") return `(date_part('epoch', ${value}) * 1000)::bigint`;
  if (type === "boolean") return `CASE WHEN ${value} THEN 't' ELSE 'f' END`;
  return nullable ? `coalesce(${value}, '')` : value;
}
