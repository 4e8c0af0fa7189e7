import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import { notRead, type TranscriptItem } from "../../item.js";
import { Assembler, tokensOf } from "../../json/assembler.js";
import type { Document } from "../../json/document.js";
import type { FormatReader, ReaderOptions } from "../format.js";
import { inexactParts } from "../inexact-parts.js";
import { readSample } from "./sample.js";

/** Members of an event of the model that repeat the conversation. */
const REPEATED = ["input", "call", "tools", "config"];

/** Reads a log sample by sample. */
export class InspectReader implements FormatReader {
  messages = 0;
  #spec: JsonObject = {};
  /** A sample that is read in parts. */
  readonly #parts = new Assembler();
  #partsOf: { readonly pointer: string; readonly line: number } | undefined;

  constructor(private readonly options: ReaderOptions) {}

  *read(document: Document): Generator<TranscriptItem> {
    yield* inexactParts(document);
    const { value, line, pointer } = document;
    const tokens = tokensOf(pointer);
    const base = tokens[0] === "samples" ? `/samples/${tokens[1]}` : "";
    if (this.#partsOf !== undefined && this.#partsOf.pointer !== base) yield* this.#partsEnd();
    if (pointer === "/eval" && isObject(value)) this.#spec = value;
    else if (pointer === "") yield* this.#whole(value, line);
    else if (pointer === base) yield* this.#sample(value, pointer, line);
    else this.#part(document, tokens.slice(tokensOf(base).length), base);
  }

  *end(): Generator<TranscriptItem> {
    if (this.#partsOf !== undefined) yield* this.#partsEnd();
  }

  *#whole(value: JsonValue, line: number): Generator<TranscriptItem> {
    if (!isObject(value)) {
      yield notRead({ line }, "is neither a log nor a sample: an object was expected");
      return;
    }
    if (!isObject(value.eval)) {
      yield* this.#sample(value, "", line);
      return;
    }
    this.#spec = value.eval;
    const samples = Array.isArray(value.samples) ? value.samples : [];
    for (const [index, sample] of samples.entries()) yield* this.#sample(sample, `/samples/${index}`, line);
  }

  *#sample(sample: JsonValue, pointer: string, line: number): Generator<TranscriptItem> {
    if (!isObject(sample)) {
      yield notRead({ line, pointer }, "stands where a sample was expected, and is no object");
      return;
    }
    if (Array.isArray(sample.messages)) this.messages += sample.messages.length;
    yield* readSample(sample, this.#spec, { line, pointer }, this.options);
  }

  #part({ value, line, around }: Document, tokens: readonly string[], base: string): void {
    const [member] = tokens;
    if (member === undefined || !["messages", "events", "transcript", "error_retries", "attachments"].includes(member))
      return;
    const event = tokens.findIndex((token, index) => tokens[index - 1] === "events" && /^\d+$/.test(token));
    if (event !== -1 && REPEATED.includes(tokens[event + 1] ?? "")) return;
    this.#partsOf ??= { pointer: base, line };
    const pointer = tokens.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
    this.#parts.add(pointer, event === tokens.length - 1 ? slim(value) : value, around);
  }

  *#partsEnd(): Generator<TranscriptItem> {
    const { pointer = "", line = 1 } = this.#partsOf ?? {};
    this.#partsOf = undefined;
    yield* this.#sample(this.#parts.take() ?? null, pointer, line);
  }
}

/** An event without what repeats the conversation: a model is sent all of it each time. */
function slim(event: JsonValue): JsonValue {
  if (!isObject(event)) return event;
  if (event.event !== "model") return event;
  return Object.fromEntries(Object.entries(event).filter(([name]) => !REPEATED.includes(name)));
}
