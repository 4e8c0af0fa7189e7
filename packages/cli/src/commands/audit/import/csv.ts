import { didYouMean } from "@agent-assembly/storage-core";
import type { ByteSource } from "../../../terminal/input.js";
import { CSV_COLUMNS, type CsvColumn } from "../export/csv.js";
import { readCsvRecords } from "./csv-records.js";
import { eventFromJson } from "./event-json.js";
import { atLine, type ImportItem } from "./item.js";
import { parseJson } from "./json-text.js";

const KNOWN: readonly string[] = [...CSV_COLUMNS, "recordedAt"];

/** Reads CSV as `audit export --format csv` writes it; columns may come in any order, optional ones may be missing. */
export async function* readCsv(source: ByteSource): AsyncGenerator<ImportItem> {
  let header: readonly string[] | undefined;
  for await (const record of readCsvRecords(source)) {
    const place = atLine(record.line);
    if (record.problem !== undefined) {
      yield { place, problem: record.problem };
      if (header === undefined) return;
    } else if (header === undefined) {
      const problem = headerProblem(record.fields);
      if (problem !== undefined) {
        yield { place, problem };
        return;
      }
      header = record.fields;
    } else if (record.fields.length !== header.length) {
      yield { place, problem: `has ${record.fields.length} fields where the header has ${header.length}` };
    } else {
      yield { place, ...toEvent(header, record.fields) };
    }
  }
}

function headerProblem(header: readonly string[]): string | undefined {
  const unknown = header.find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    return `the header has an unknown column ${JSON.stringify(unknown.slice(0, 60))}; known: ${KNOWN.join(", ")}.${didYouMean(unknown.slice(0, 60), KNOWN)}`;
  }
  if (new Set(header).size !== header.length) return "the header names a column twice";
  return undefined;
}

/** An empty field is an absent member: no stored text is ever empty. */
function toEvent(header: readonly string[], fields: readonly string[]): ReturnType<typeof eventFromJson> {
  const value: Record<string, string | boolean | null> = {};
  let payload: string | undefined;
  for (const [index, name] of header.entries()) {
    const text = fields[index] as string;
    if (text === "" || name === "recordedAt") continue;
    const column = name as CsvColumn;
    if (column === "payload") payload = text;
    else if (column === "dryRun" && (text === "true" || text === "false")) value[column] = text === "true";
    else value[column] = text;
  }
  if (payload === undefined) return eventFromJson(value);
  const parsed = parseJson(payload);
  if ("problem" in parsed) return { problem: `payload ${parsed.problem}` };
  return eventFromJson({ ...value, payload: parsed.value });
}
