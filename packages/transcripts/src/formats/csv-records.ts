import type { ByteSource } from "../bytes/source.js";

/** One event is at most a payload of 64 MiB, escaped. */
const MAX_RECORD = 256 * 1024 * 1024;
/** More than there are columns. */
const MAX_FIELDS = 1000;

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
export async function* readCsvRecords(source: ByteSource, maxCharacters = MAX_RECORD): AsyncGenerator<CsvRecord> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let fields: string[] = [];
  let field = "";
  let state: "start" | "plain" | "quoted" | "closed" = "start";
  let problem: string | undefined;
  let line = 1;
  let startLine = 1;
  let first = true;
  /** Characters of the record so far. */
  let size = 0;

  // Asked through a function: the generator below changes the state behind the compiler's back.
  const unfinished = (): boolean => state === "quoted";
  const endField = (): void => {
    if (fields.length < MAX_FIELDS) fields.push(field);
    else problem ??= `has more than ${MAX_FIELDS} fields`;
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
    size = 0;
    return blank ? undefined : record;
  };
  /** @param character one of the four that mean something */
  const mark = (character: string): CsvRecord | undefined => {
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
    else if (character === "\n") return endRecord();
    return undefined;
  };
  const plain = (text: string): void => {
    if (text === "") return;
    if (state === "closed") problem ??= "has text after a closing quote";
    // In whole pieces: a text that grows by single characters takes many times its size.
    field += text;
    if (state === "start") state = "plain";
  };
  function* feed(text: string): Generator<CsvRecord> {
    let start = 0;
    for (const { index, 0: character } of text.matchAll(/[",\r\n]/g)) {
      plain(text.slice(start, index));
      size += index + 1 - start;
      start = index + 1;
      const record = mark(character);
      if (record !== undefined) yield record;
    }
    plain(text.slice(start));
    size += text.length - start;
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
    if (size > maxCharacters) {
      yield {
        line: startLine,
        fields: [],
        problem: `is longer than ${maxCharacters} characters; nothing after it was read`,
      };
      return;
    }
  }
  if (unfinished()) problem ??= "has a quoted field that never ends";
  const record = endRecord();
  if (record !== undefined) yield record;
}
