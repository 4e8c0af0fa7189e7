import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { digestOf } from "../../calls/identity.js";
import { isObject } from "../../calls/values.js";
import { notRead, type TranscriptItem } from "../../item.js";
import { Assembler, tokensOf } from "../../json/assembler.js";
import type { Document } from "../../json/document.js";
import type { FormatReader, ReaderOptions } from "../format.js";
import { inexactParts } from "../inexact-parts.js";
import { readRun } from "./run.js";

/** Members of a step that repeat the messages, or say how things were after it. */
const LEFT_OUT = ["query", "messages", "state", "extra_info"];

/** Reads runs, one a document. */
export class SweAgentReader implements FormatReader {
  messages = 0;
  readonly #parts = new Assembler();
  #line = 1;

  constructor(private readonly options: ReaderOptions) {}

  *read(document: Document): Generator<TranscriptItem> {
    yield* inexactParts(document);
    const { value, line, pointer, around } = document;
    if (pointer === "") {
      yield* this.#end();
      yield* this.#document(value, line);
      return;
    }
    if (this.#parts.empty) this.#line = line;
    const tokens = tokensOf(pointer);
    const [member, index] = tokens[0] === "attempts" ? tokens.slice(2) : tokens;
    // The messages that each step repeats are most of a large document.
    const inStep = member === "trajectory" && index !== undefined ? tokens.slice(tokens.indexOf("trajectory") + 2) : [];
    if (LEFT_OUT.includes(inStep[0] ?? "")) return;
    const step = member === "trajectory" && index !== undefined && inStep.length === 0;
    this.#parts.add(pointer, step ? slim(value) : value, around);
  }

  *end(): Generator<TranscriptItem> {
    yield* this.#end();
  }

  *#end(): Generator<TranscriptItem> {
    if (!this.#parts.empty) yield* this.#document(this.#parts.take() ?? null, this.#line);
  }

  *#document(value: JsonValue, line: number): Generator<TranscriptItem> {
    if (!isObject(value)) {
      yield notRead({ line }, "is no run: an object with a trajectory or a history was expected");
      return;
    }
    const attempts = Array.isArray(value.attempts) ? value.attempts : [];
    for (const [number, attempt] of attempts.entries()) {
      const place = { line, pointer: `/attempts/${number}` };
      if (isObject(attempt)) yield* this.#run(attempt, number, line, place.pointer);
      else yield notRead(place, "stands where an attempt was expected, and is no object");
    }
    // The attempt that was chosen is there twice.
    if (value.history === undefined && value.trajectory === undefined) return;
    const same = (attempt: JsonValue) => isObject(attempt) && contentOf(attempt) === contentOf(value);
    if (!attempts.some(same)) yield* this.#run(value, 0, line, "");
  }

  *#run(run: JsonObject, attempt: number, line: number, pointer: string): Generator<TranscriptItem> {
    if (Array.isArray(run.history)) this.messages += run.history.length;
    yield* readRun(run, attempt, { line, pointer }, this.options);
  }
}

function slim(step: JsonValue): JsonValue {
  if (!isObject(step)) return step;
  return Object.fromEntries(Object.entries(step).filter(([name]) => !LEFT_OUT.includes(name)));
}

function contentOf({ history, trajectory }: JsonObject): string {
  const steps = Array.isArray(trajectory) ? trajectory.map(slim) : null;
  return digestOf(history ?? null, steps);
}
