import { MAX_DEPTH, MAX_VALUES, tooDeep, tooManyValues } from "../undecodable.js";

/** Containers around the attributes of the innermost records, and those that each list or map of OTLP takes. */
const AROUND = 16;
const PER_LEVEL = 3;
/** Levels of JSON that a request may have: as many as make {@link MAX_DEPTH} levels of values. */
export const MAX_JSON_LEVELS = AROUND + PER_LEVEL * MAX_DEPTH;
/** Braces, brackets and commas of one attribute. */
const MARKS_PER_VALUE = 5;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

/**
 * Looks through the bytes of a JSON text, before anything is made of it, for more nesting or more values than are read.
 * @throws ProblemError 400
 */
export function checkJsonBounds(bytes: Buffer): void {
  let depth = 0;
  let marks = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfText(bytes, at);
        break;
      case COMMA:
        marks++;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        marks++;
        if (++depth > MAX_JSON_LEVELS) throw tooDeep();
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
    }
  }
  if (marks > MARKS_PER_VALUE * MAX_VALUES) throw tooManyValues();
}

/** Where the closing quotation mark is, or the end of the bytes. */
function endOfText(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.length;
}
