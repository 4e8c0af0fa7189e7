import type { JsonValue } from "@agent-assembly/storage-core";
import { anthropic, langchain, openAiChat } from "./formats/chat/index.js";
import { claudeCode } from "./formats/claude-code.js";
import { codex } from "./formats/codex/index.js";
import type { Format } from "./formats/format.js";
import { inspect } from "./formats/inspect/index.js";
import { nativeJsonl } from "./formats/native.js";
import { otlpJson } from "./formats/otlp-json/index.js";
import { sweAgent } from "./formats/swe-agent/index.js";

/** Formats whose sources are JSON values, in the order in which equal evidence counts. */
export const JSON_FORMATS: readonly Format[] = [
  nativeJsonl,
  claudeCode,
  codex,
  inspect,
  sweAgent,
  openAiChat,
  anthropic,
  langchain,
  otlpJson,
];

/** What one reader reads: a source of one of them may be given as another, because the messages tell how they are read. */
const CHAT: readonly Format[] = [openAiChat, anthropic, langchain];

/** Logs that are made of chat messages: who names a format of those means what such a log says. */
const MADE_OF_CHAT: readonly Format[] = [inspect, sweAgent];

/** Adds up what the documents of a source have of each format. */
export class Detector {
  readonly #evidence = new Map<Format, number>();

  add(value: JsonValue): void {
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
