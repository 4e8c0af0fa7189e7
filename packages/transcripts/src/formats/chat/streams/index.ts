import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../../calls/values.js";
import type { TranscriptFormat } from "../../../format-names.js";
import { ChunkAssembler, isChunk } from "./chunks.js";
import { isBesideMessageEvents, isMessageEvent, MessageEventAssembler } from "./message-events.js";
import { isResponseEvent, ResponseEventAssembler } from "./response-events.js";
import type { StreamAssembler } from "./stream.js";
import { isBesideUiChunks, isUiChunk, UiChunkAssembler } from "./ui-chunks.js";

interface Stream {
  readonly format: TranscriptFormat;
  readonly isEvent: (value: JsonObject) => boolean;
  /** What says nothing alone. */
  readonly isBeside?: (value: JsonObject) => boolean;
  readonly open: () => StreamAssembler;
}

const STREAMS: readonly Stream[] = [
  { format: "openai-chat", isEvent: isChunk, open: () => new ChunkAssembler() },
  { format: "openai-responses", isEvent: isResponseEvent, open: () => new ResponseEventAssembler() },
  {
    format: "anthropic",
    isEvent: isMessageEvent,
    isBeside: isBesideMessageEvents,
    open: () => new MessageEventAssembler(),
  },
  { format: "ai-sdk", isEvent: isUiChunk, isBeside: isBesideUiChunks, open: () => new UiChunkAssembler() },
];

/** Events of a streamed response that a document holds, and the format of their stream. */
export interface StreamEvents {
  readonly format: TranscriptFormat;
  readonly events: readonly JsonObject[];
  /** Whether only this format has such events. */
  readonly certain: boolean;
}

/** The events that a document holds, or `undefined` when it holds something else. */
export function eventsIn(value: JsonValue): StreamEvents | undefined {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every(isObject)) return undefined;
  for (const { format, isEvent, isBeside } of STREAMS) {
    const certain = list.some(isEvent);
    if (list.every((one) => isEvent(one) || isBeside?.(one) === true)) return { format, events: list, certain };
  }
  return undefined;
}

/** Puts together what comes in events, of each kind of stream. */
export class StreamAssemblers {
  readonly #open = new Map<TranscriptFormat, StreamAssembler>();

  /** Whether a stream of this format has begun. */
  has({ format }: StreamEvents): boolean {
    return this.#open.has(format);
  }

  /** @returns responses that are complete */
  *add({ format, events }: StreamEvents): Generator<JsonValue> {
    const assembler = this.#open.get(format) ?? STREAMS.find((stream) => stream.format === format)?.open();
    if (assembler === undefined) return;
    this.#open.set(format, assembler);
    for (const event of events) yield* assembler.add(event);
  }

  /** What is complete when there is nothing more for now. */
  *finished(): Generator<JsonValue> {
    for (const assembler of this.#open.values()) yield* assembler.finished?.() ?? [];
  }

  *end(): Generator<JsonValue> {
    for (const assembler of this.#open.values()) yield* assembler.end();
  }
}
