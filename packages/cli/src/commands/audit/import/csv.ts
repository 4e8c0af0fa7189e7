import { didYouMean } from "@agent-assembly/storage-core/backend";
import type { ByteSource } from "../../../terminal/input.js";
import { CSV_COLUMNS, type CsvColumn } from "../export/event-format.js";
import { atLine, eventFromJson, type ImportItem, parseJson } from "./item.js";

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

export interface CsvRecord {
  /** Line the record starts on, 1-based. */
  readonly line: number;
  readonly fields: readonly string[];
  /** Why the record is malformed. */
  readonly problem?: string;
}

/**
 * Records of RFC 4180 CSV: quoted fields may hold commas, doubled quotes and line breaks. Blank lines are skipped. A
 * malformed record ends with its line, so that every good one is read: csv-parse takes a quote in the wrong place for the
 * beginning of a quoted field, and loses the records up to the next quote.
 */
export async function* readCsvRecords(source: ByteSource): AsyncGenerator<CsvRecord> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let fields: string[] = [];
  let field = "";
  let state: "start" | "plain" | "quoted" | "closed" = "start";
  let problem: string | undefined;
  let line = 1;
  let startLine = 1;
  let first = true;

  // Asked through a function: the generator below changes the state behind the compiler's back.
  const unfinished = (): boolean => state === "quoted";
  const endField = (): void => {
    fields.push(field);
    field = "";
    state = "start";
  };
  const endRecord = (): CsvRecord | undefined => {
    const blank = fields.length === 0 && field === "" && state === "start";
    endField();
    const record = { line: startLine, fields, ...(problem === undefined ? {} : { problem }) };
    fields = [];
    problem = undefined;
    startLine = line;
    return blank ? undefined : record;
  };
  function* feed(text: string): Generator<CsvRecord> {
    for (const character of text) {
      if (character === "\n") line++;
      if (state === "quoted") {
        if (character === '"') state = "closed";
        else field += character;
      } else if (character === '"') {
        if (state === "closed") {
          field += '"';
          state = "quoted";
        } else if (state === "start") state = "quoted";
        else {
          problem ??= "has a quote inside a field that is not quoted";
          field += character;
        }
      } else if (character === ",") endField();
      else if (character === "\n") {
        const record = endRecord();
        if (record !== undefined) yield record;
      } else if (character !== "\r") {
        if (state === "closed") problem ??= "has text after a closing quote";
        field += character;
        if (state === "start") state = "plain";
      }
    }
  }

  for await (const chunk of source) {
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      // Replacing bad bytes would change what is stored; where they end cannot be told.
      yield { line, fields: [], problem: "is followed by bytes that are not valid UTF-8; nothing after it was read" };
      return;
    }
    if (first && text !== "") {
      text = text.replace(/^\ufeff/, "");
      first = false;
    }
    yield* feed(text);
  }
  if (unfinished()) problem ??= "has a quoted field that never ends";
  const record = endRecord();
  if (record !== undefined) yield record;
}
