import type { AuditEventRow, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { fromStoredJsonText } from "../../sql/stored-json.js";
import { PackedFields, SEPARATOR } from "./fields.js";

/** The packed fields of an event, and its payload. */
export type PackedRow = readonly [fields: string, payload: string | null];

/** How events are read one by one. */
export class PackedRows {
  /** The select list of a {@link PackedRow} of the table with the alias `e`. */
  readonly columns: string;
  readonly #fields: PackedFields;

  /** @param filter what all of them meet */
  constructor(filter: ParsedAuditFilter) {
    this.#fields = new PackedFields(filter);
    this.columns = `concat_ws('${SEPARATOR}', ${this.#fields.expressions.join(", ")}), e.payload`;
  }

  /** @returns `undefined` when a value holds what stands between them: read the row as an `EventRow` */
  parse([fields, payload]: PackedRow): AuditEventRow | undefined {
    const values = fields.split(SEPARATOR);
    if (values.length !== this.#fields.expressions.length) return undefined;
    return this.#fields.read(values, 0, payload === null ? null : fromStoredJsonText(payload));
  }
}
