import {
  AUDIT_EVENT_COLUMNS,
  type AuditColumnType,
  type AuditEventColumn,
  type AuditEventRow,
  type AuditMember,
} from "@agent-assembly/storage-core/backend";
import { toStoredJson } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";
import { NEW_EVENT_COLUMNS } from "./rows.js";

const SPECIAL = /[\\\b\f\n\r\t\v]/g;
const HAS_SPECIAL = /[\\\b\f\n\r\t\v]/;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

type Encode = (value: never) => string;

const ENCODE: Readonly<Record<AuditColumnType, Encode>> = {
  timestamp: toTimestamp,
  uuid: String,
  text: field,
  boolean: (value: boolean) => (value ? "t" : "f"),
  json,
};
type Field = { readonly member: AuditMember; readonly encode: Encode };

const fieldsOf = (columns: readonly AuditEventColumn[]): Field[] =>
  columns.map(({ member, type }) => ({ member, encode: ENCODE[type] }));
const NEW_FIELDS = fieldsOf(NEW_EVENT_COLUMNS);
const RESTORED_FIELDS = fieldsOf(AUDIT_EVENT_COLUMNS);

/** The COPY statement for {@link copyText}. */
export function copyStatement(table: string, restored: boolean): string {
  const columns = restored ? AUDIT_EVENT_COLUMNS : NEW_EVENT_COLUMNS;
  return `COPY ${table} (${columns.map(({ column }) => column).join(", ")}) FROM STDIN`;
}

/** Events as rows of COPY's text format, in the order of {@link copyStatement}. */
export function copyText(events: readonly AuditEventRow[], restored: boolean): string {
  const fields = restored ? RESTORED_FIELDS : NEW_FIELDS;
  let text = "";
  for (const event of events) {
    let separator = "";
    for (const { member, encode } of fields) {
      text += separator + encode(event[member] as never);
      separator = "\t";
    }
    text += "\n";
  }
  return text;
}

function field(value: string | null): string {
  if (value === null) return "\\N";
  return HAS_SPECIAL.test(value) ? value.replace(SPECIAL, (char) => ESCAPES[char] as string) : value;
}

/** JSON text holds no control characters, only backslashes. */
function json(payload: string | null): string {
  if (payload === null) return "\\N";
  const stored = toStoredJson(payload);
  return stored.includes("\\") ? stored.replaceAll("\\", "\\\\") : stored;
}
