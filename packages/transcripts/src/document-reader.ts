import { looksLikeCall } from "./calls/values.js";
import { chooseFormat, Detector } from "./detect.js";
import type { TranscriptFormat } from "./format-names.js";
import type { Format, FormatReader, ReaderOptions } from "./formats/format.js";
import { inexactParts } from "./formats/inexact-parts.js";
import { notRead, problem, type TranscriptItem } from "./item.js";
import type { BadDocument, Document } from "./json/document.js";

/** Documents that are looked at to tell the format: session files begin with lines of other kinds. */
const MOST_LOOKED_AT = 200;

/** Tells the format of a source by its first documents, then reads them and all others. */
export class DocumentReader {
  readonly #detector = new Detector();
  #looked: (Document | BadDocument)[] = [];
  #reader: FormatReader | undefined;
  #refusal: string | undefined;

  /** @param refuse why a source of this format is not read here */
  constructor(
    private readonly wanted: TranscriptFormat | "auto",
    private readonly options: ReaderOptions,
    private readonly refuse: (format: Format) => TranscriptItem | undefined = () => undefined,
  ) {}

  /** Why no format could be told; nothing is read any longer. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  *read(document: Document | BadDocument): Generator<TranscriptItem> {
    if (this.#reader !== undefined) {
      yield* itemsOf(this.#reader, document);
      return;
    }
    if (this.#refusal !== undefined) return;
    this.#looked.push(document);
    if ("value" in document) this.#detector.add(document);
    // One whole document tells its format; lines of a session file may not.
    const whole = "value" in document && !document.isLine;
    if (whole || this.#looked.length >= MOST_LOOKED_AT || this.#detector.certain) yield* this.#choose();
  }

  /** There is nothing more for now. */
  *pause(): Generator<TranscriptItem> {
    if (this.#looked.length > 0 && !("reason" in chooseFormat(this.#detector, this.wanted))) yield* this.#choose();
    yield* this.#reader?.pause?.() ?? [];
  }

  *end(): Generator<TranscriptItem> {
    if (this.#reader === undefined && this.#refusal === undefined) yield* this.#choose();
    yield* this.#reader?.end() ?? [];
  }

  *#choose(): Generator<TranscriptItem> {
    const format = chooseFormat(this.#detector, this.wanted);
    const looked = this.#looked;
    this.#looked = [];
    if ("reason" in format) {
      this.#refusal = format.reason;
      yield* ofNoFormat(looked, format.reason);
      return;
    }
    const refused = this.refuse(format);
    if (refused !== undefined) {
      this.#refusal = `is ${format.name}`;
      yield refused;
      return;
    }
    this.#reader = format.open(this.options);
    for (const one of looked) yield* itemsOf(this.#reader, one);
  }
}

function itemsOf(reader: FormatReader, document: Document | BadDocument): Iterable<TranscriptItem> {
  return "problem" in document ? [badDocument(document)] : reader.read(document);
}

/** What is said of a source of which no format can be told. */
function* ofNoFormat(looked: readonly (Document | BadDocument)[], reason: string): Generator<TranscriptItem> {
  for (const one of looked) yield* "problem" in one ? [badDocument(one)] : inexactParts(one);
  const calls = looked.some((one) => "value" in one && looksLikeCall(one.value));
  if (calls) yield notRead({}, `holds calls or answers, and ${reason}`);
  else yield problem("unknown_format", "error", {}, reason);
}

function badDocument({ line, pointer, problem: reason }: BadDocument): TranscriptItem {
  return problem("unreadable", "error", pointer === "" ? { line } : { line, pointer }, reason);
}
