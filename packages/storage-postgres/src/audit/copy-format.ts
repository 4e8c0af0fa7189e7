import { AUDIT_EVENT_COLUMNS, type AuditColumnType, type AuditEventRow } from "@agent-assembly/storage-core/backend";
import { toStoredJson } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";

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
const FIELDS = AUDIT_EVENT_COLUMNS.map(({ member, type }) => ({ member, encode: ENCODE[type] }));

/** Events as rows of COPY's text format, in the order of `EVENT_COLUMNS`. */
export function copyText(events: readonly AuditEventRow[]): string {
  let text = "";
  for (const event of events) {
    let separator = "";
    for (const { member, encode } of FIELDS) {
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
