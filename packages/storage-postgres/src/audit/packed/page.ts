import type { AuditEvent, AuditOrder, JsonValue } from "@agent-assembly/storage-core";
import {
  type AuditKey,
  compareAuditKeys,
  type ParsedAuditFilter,
  toEventWith,
} from "@agent-assembly/storage-core/backend";
import { fromStoredJsonPage } from "../../sql/stored-json.js";
import { PackedFields, SEPARATOR } from "./fields.js";

/** The packed fields of all events of a page, their payloads as one JSON array, and how many events they are. */
export type PackedPageRow = readonly [fields: string | null, payloads: string | null, count: number];

/** The most events that come as one row. */
export const MOST_PACKED = 256;
/** Bytes as stored: the server holds the whole answer, so larger payloads are left out, and the page is read by rows. */
const MOST_PAYLOAD_BYTES = 32 * 1024;

const IN_ARRAY = "p";
const TOO_LARGE = "l";

/**
 * How a page of events is read: as one row. The driver spends more on a row of an answer than it takes here to read an event
 * from a text, and one large JSON text is parsed faster than many small ones.
 */
export class PackedPage {
  /** The select list of a {@link PackedPageRow} over the events of the page, in order, with the alias `e`. */
  readonly columns: string;
  readonly #fields: PackedFields;

  /** @param filter what all of them meet */
  constructor(
    filter: ParsedAuditFilter,
    private readonly order: AuditOrder,
  ) {
    this.#fields = new PackedFields(filter);
    const fits = `pg_column_size(e.payload) <= ${MOST_PAYLOAD_BYTES}`;
    const place = `CASE WHEN e.payload IS NULL THEN '' WHEN ${fits} THEN '${IN_ARRAY}' ELSE '${TOO_LARGE}' END`;
    const fields = `concat_ws('${SEPARATOR}', ${[...this.#fields.expressions, place].join(", ")})`;
    const payload = `CASE WHEN ${fits} THEN e.payload::text END`;
    this.columns = `string_agg(${fields}, '${SEPARATOR}'), '[' || string_agg(${payload}, ',') || ']', count(*)::integer`;
  }

  /** @returns `undefined` when it has to be read by rows: a value holds what stands between them, or a payload is large */
  parse([fields, payloads, count]: PackedPageRow): AuditEvent[] | undefined {
    if (fields === null) return [];
    const values = fields.split(SEPARATOR);
    const width = this.#fields.expressions.length + 1;
    if (values.length !== count * width) return undefined;
    const given = payloads === null ? [] : fromStoredJsonPage(payloads);
    const events: AuditEvent[] = [];
    let last: AuditKey | undefined;
    let used = 0;
    for (let at = 0; at < values.length; at += width) {
      const place = values[at + width - 1];
      if (place === TOO_LARGE) return undefined;
      // Its payload is parsed already.
      const row = this.#fields.read(values, at, null);
      // The server aggregates in the order of the page, which it does not promise.
      if (last !== undefined && !this.#follows(row, last)) return undefined;
      last = row;
      events.push(toEventWith(row, place === "" ? undefined : (given[used++] as JsonValue)));
    }
    return events;
  }

  #follows(row: AuditKey, last: AuditKey): boolean {
    const order = compareAuditKeys(row, last);
    return this.order === "newest" ? order < 0 : order > 0;
  }
}
