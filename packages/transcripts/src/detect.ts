import type { JsonValue } from "@agent-assembly/storage-core";
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from "./format-names.js";
import { aiSdk, anthropic, langchain, openAiChat, openAiResponses } from "./formats/chat/index.js";
import { claudeCode } from "./formats/claude-code.js";
import { codex } from "./formats/codex/index.js";
import type { Format } from "./formats/format.js";
import { inspect } from "./formats/inspect/index.js";
import { nativeJsonl } from "./formats/native.js";
import { otlpJson } from "./formats/otlp-json/index.js";
import { sweAgent } from "./formats/swe-agent/index.js";
import type { Document } from "./json/document.js";

/** Formats whose sources are JSON values, in the order in which equal evidence counts. */
export const JSON_FORMATS: readonly Format[] = [
  nativeJsonl,
  claudeCode,
  codex,
  inspect,
  sweAgent,
  openAiChat,
  openAiResponses,
  anthropic,
  aiSdk,
  langchain,
  otlpJson,
];

/** What one reader reads: a source of one of them may be given as another, because the messages tell how they are read. */
const CHAT: readonly Format[] = [openAiChat, openAiResponses, anthropic, aiSdk, langchain];

/** Logs that are made of chat messages: who names a format of those means what such a log says. */
const MADE_OF_CHAT: readonly Format[] = [inspect, sweAgent];

/** Adds up what the documents of a source have of each format. */
export class Detector {
  readonly #evidence = new Map<Format, number>();

  add(document: Document): void {
    const value = likely(document);
    for (const format of JSON_FORMATS) {
      const evidence = format.evidence(value);
      if (evidence > 0) this.#evidence.set(format, (this.#evidence.get(format) ?? 0) + evidence);
    }
  }

  /** The formats that the source has something of, the likeliest first. */
  get found(): readonly Format[] {
    const order = [...this.#evidence].sort(
      ([a, x], [b, y]) => y - x || JSON_FORMATS.indexOf(a) - JSON_FORMATS.indexOf(b),
    );
    return order.map(([format]) => format);
  }

  /** True when more documents would not change what the source is taken for. */
  get certain(): boolean {
    const [only, ...others] = this.#evidence.keys();
    return only?.decisive === true && others.length === 0;
  }

  /** True when another format has as much for it: what is read depends on which of them it is. */
  get ambiguous(): boolean {
    const [first, second] = this.found;
    if (first === undefined || second === undefined || areChat(first, second)) return false;
    return this.#evidence.get(first) === this.#evidence.get(second);
  }
}

export function areChat(...formats: readonly Format[]): boolean {
  return formats.every((format) => CHAT.includes(format));
}

/** The reader for a source that looks like one format and was named as another; `undefined` when it cannot be that. */
export function readerFor(looksLike: Format, asked: Format): Format | undefined {
  if (looksLike === asked || areChat(looksLike, asked)) return asked;
  return areChat(asked) && MADE_OF_CHAT.includes(looksLike) ? looksLike : undefined;
}

/** A value that is kept as text because it names a member twice is still one of its format. */
function likely({ value, inexact }: Document): JsonValue {
  const isText =
    typeof value === "string" && inexact.some(({ kind, pointer }) => kind === "duplicate" && pointer === "");
  return isText ? (JSON.parse(value) as JsonValue) : value;
}

/** The reader of a source, or why there is none. */
export function chooseFormat(
  detector: Detector,
  wanted: TranscriptFormat | "auto",
): Format | { readonly reason: string } {
  const [likeliest, second] = detector.found;
  if (wanted === "auto") {
    if (likeliest === undefined) {
      return { reason: `is none of the formats that are read: ${TRANSCRIPT_FORMATS.join(", ")}` };
    }
    if (detector.ambiguous) {
      return { reason: `may be ${likeliest.name} or ${second?.name}: name the format` };
    }
    return likeliest;
  }
  const asked = JSON_FORMATS.find(({ name }) => name === wanted) as Format;
  const reader = likeliest === undefined ? asked : readerFor(likeliest, asked);
  if (reader !== undefined) return reader;
  return { reason: `was to be read as ${wanted}, and looks like ${likeliest?.name}: name that format, or auto` };
}
