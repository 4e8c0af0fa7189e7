import type { ByteSource } from "../../../terminal/input.js";

export interface CsvRecord {
  /** Line the record starts on, 1-based. */
  readonly line: number;
  readonly fields: readonly string[];
  /** Why the record is malformed. */
  readonly problem?: string;
}

/** Records of RFC 4180 CSV: quoted fields may hold commas, doubled quotes and line breaks. Blank lines are skipped. */
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
