import type { JsonValue } from "@agent-assembly/storage-core";
import { CALLER_MEMBERS, didYouMean, parseExactJson } from "@agent-assembly/storage-core/backend";
import type { ByteSource } from "../bytes/source.js";
import { notRead, type Place, problem, type TranscriptItem } from "../item.js";
import { type CsvRecord, readCsvRecords } from "./csv-records.js";
import { eventFromJson } from "./native.js";

const KNOWN: readonly string[] = [...CALLER_MEMBERS, "recordedAt"];
/** An event has these, so a table of events has these columns. */
const NEEDED = ["ts", "agentId", "action", "decision"];

/** Reads CSV as `aasm audit export --format csv` writes it; columns may come in any order, optional ones may be missing. */
export async function* readCsv(source: ByteSource): AsyncGenerator<TranscriptItem> {
  let header: readonly string[] | undefined;
  for await (const record of readCsvRecords(source)) {
    const place = { line: record.line };
    if (record.problem !== undefined) {
      yield notRead(place, record.problem);
      if (header === undefined) return;
    } else if (header === undefined) {
      const wrong = headerProblem(record.fields);
      if (wrong !== undefined) {
        yield notRead(place, wrong);
        return;
      }
      header = record.fields;
    } else yield* toItems(header, record, place);
  }
}

/** Whether the first line of a source is the header of a table of events. */
export function isCsvHeader(line: string): boolean {
  const names = line.split(",").map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
  return NEEDED.every((name) => names.includes(name));
}

/** Why a first line that looks like the header of a table of events is none; `undefined` where it does not look like one. */
export function csvLikeProblem(line: string): string | undefined {
  for (const [mark, name] of [
    [";", "semicolons"],
    ["\t", "tabs"],
  ] as const) {
    if (line.includes(mark) && isCsvHeader(line.replaceAll(mark, ","))) {
      return `is a table of events whose fields are separated by ${name}: commas were expected`;
    }
  }
  const names = line.split(",").map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (missing.length === NEEDED.length || missing.length > 2 || names.length < 2) return undefined;
  return `is a table whose header lacks ${missing.join(" and ")}: a table of events has these columns`;
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
function* toItems(header: readonly string[], { fields }: CsvRecord, place: Place): Generator<TranscriptItem> {
  if (fields.length !== header.length) {
    yield notRead(place, `has ${fields.length} fields where the header has ${header.length}`);
    return;
  }
  const value: Record<string, JsonValue> = {};
  for (const [index, name] of header.entries()) {
    const text = fields[index] as string;
    if (text === "" || name === "recordedAt") continue;
    if (name === "payload") {
      const parsed = parseExactJson(text);
      if ("problem" in parsed) {
        yield notRead(place, `payload ${parsed.problem}`);
        return;
      }
      if (parsed.inexact.some(({ kind }) => kind === "duplicate")) {
        yield notRead(place, "payload has an object that names a member twice");
        return;
      }
      if (parsed.inexact.length > 0) {
        yield problem(
          "number_as_text",
          "warning",
          place,
          "payload: a number has more digits than a double holds; it is read as text",
        );
      }
      value.payload = parsed.value;
    } else if (name === "dryRun" && (text === "true" || text === "false")) value.dryRun = text === "true";
    else value[name] = text;
  }
  const result = eventFromJson(value);
  if ("problem" in result) yield notRead(place, result.problem);
  else yield { format: "csv", place, event: result.event };
}
