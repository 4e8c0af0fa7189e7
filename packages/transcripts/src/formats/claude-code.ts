import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import type { CallLog } from "../calls/call-log.js";
import { fitText } from "../calls/fit-text.js";
import { readTime } from "../calls/times.js";
import { asText, isObject, looksLikeCall } from "../calls/values.js";
import { notRead, type Place, type TranscriptItem, unexpectedPart, unreadTimestamp } from "../item.js";
import type { Document } from "../json/document.js";
import { toMessage } from "./chat/message.js";
import type { AnswerPart } from "./chat/part.js";
import { partsOf } from "./chat/parts.js";
import { codingAgentLog, unnamedSession } from "./coding-agent-log.js";
import type { Format, FormatReader, ReaderOptions } from "./format.js";
import { inexactParts } from "./inexact-parts.js";

/** What Claude Code tells the model in place of a result when a call was not allowed. */
const DENIED_BY: readonly (readonly [string, RegExp])[] = [
  [
    "user",
    /^(?:Error: )?(?:The user doesn't want to (?:proceed with this tool use|take this action)|User rejected tool use)/,
  ],
  ["rule", /^Permission to use .{1,200} has been denied/s],
  ["hook", /^PreToolUse:\S+ hook (?:blocking )?error/],
];

/** The session files of Claude Code: `~/.claude/projects/FOLDER/SESSION.jsonl`, and those of its subagents. */
export const claudeCode: Format = {
  name: "claude-code",
  evidence: (value) => (isEntry(value) ? 4 : 0),
  open: (options) => new ClaudeCodeReader(options),
};

/** A line with a message, or one of the lines that only such files have. */
function isEntry(value: JsonValue): value is JsonObject {
  if (!isObject(value) || typeof value.type !== "string") return false;
  if (isObject(value.message) && (value.sessionId !== undefined || value.uuid !== undefined)) return true;
  if (value.type === "summary") return value.leafUuid !== undefined;
  if (value.type === "file-history-snapshot") return value.snapshot !== undefined;
  return value.sessionId !== undefined && value.message === undefined && value.role === undefined;
}

class ClaudeCodeReader implements FormatReader {
  messages = 0;
  readonly #log: CallLog;
  /** The session of lines that name none: the source begins as no other does. */
  #unnamed: string | undefined;

  constructor(private readonly options: ReaderOptions) {
    this.#log = codingAgentLog("claude-code", options);
  }

  read(document: Document): TranscriptItem[] {
    const items = document.inexact.length === 0 ? [] : [...inexactParts(document)];
    const { value, line, pointer } = document;
    if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) this.#entry(entry, line, `${pointer}/${index}`, items);
    } else this.#entry(value, line, pointer, items);
    return items;
  }

  #entry(entry: JsonValue, line: number, pointer: string, items: TranscriptItem[]): void {
    const place: Place = pointer === "" ? { line } : { line, pointer };
    if (!isObject(entry)) {
      items.push(notRead(place, "is no line of a session: an object was expected"));
      return;
    }
    this.#unnamed ??= unnamedSession("claude-code", entry);
    // What a subagent does is reported to the session that started it, too.
    const inner = isObject(entry.data) && isObject(entry.data.message) && isObject(entry.data.message.message);
    const source = inner ? { ...entry, ...((entry.data as JsonObject).message as JsonObject) } : entry;
    const item = source.message;
    const message = toMessage(
      isObject(item) && item.role === undefined ? { role: asText(source.type) ?? "user", ...item } : item,
    );
    if (message === undefined) {
      if (looksLikeCall(entry))
        items.push(notRead(place, "has a call or an answer in a line of a kind that is not known"));
      return;
    }
    const time = readTime(source.timestamp, this.options.timeZone);
    const parts = partsOf(message);
    if (parts.length === 0) {
      this.messages++;
      this.#log.passed(time);
      return;
    }
    if (time === undefined) items.push(unreadTimestamp(place));
    const outer = `${pointer}${inner ? "/data/message" : ""}/message`;
    for (const part of parts) {
      const at: Place = { line, pointer: outer + part.pointer };
      if (part.kind === "bad") items.push(notRead(at, part.reason));
      else if (part.kind === "call") {
        items.push(
          ...this.#log.call({
            place: at,
            id: part.id,
            tool: part.tool,
            arguments: part.arguments,
            time,
            sessionId: sessionOf(source) ?? this.#unnamed,
            details: detailsOf(source, message.body),
          }),
        );
      } else if (part.kind === "answer") {
        const { callId, tool, result, error } = part;
        const denied = denial(part, source);
        items.push(
          ...this.#log.answer({
            place: at,
            callId,
            tool,
            result,
            error,
            time,
            decision: denied === undefined ? part.decision : "deny",
            details: denied === undefined ? part.details : { decisionSource: denied },
          }),
        );
      } else items.push(unexpectedPart(at));
    }
  }

  pause(): Iterable<TranscriptItem> {
    return this.#log.end();
  }

  end(): Iterable<TranscriptItem> {
    return this.#log.end();
  }
}

function sessionOf(entry: JsonObject): string | undefined {
  const id = asText(entry.sessionId) ?? asText(entry.session_id);
  return id === undefined ? undefined : fitText(id);
}

function detailsOf(entry: JsonObject, message: JsonObject): Record<string, JsonValue | undefined> {
  return {
    model: message.model,
    cwd: asText(entry.cwd),
    subagent: entry.isSidechain === true ? (asText(entry.agentId) ?? true) : undefined,
  };
}

/** Who denied a call: that one was allowed is not recorded, that it was not is told to the model. */
function denial(part: AnswerPart, entry: JsonObject): string | undefined {
  if (part.error === undefined) return undefined;
  const said = [entry.toolUseResult, part.result, firstText(part.result)].filter((text) => typeof text === "string");
  return DENIED_BY.find(([, pattern]) => said.some((text) => pattern.test(text)))?.[0];
}

function firstText(content: JsonValue | undefined): JsonValue | undefined {
  const block = Array.isArray(content) ? content[0] : undefined;
  return isObject(block) ? block.text : undefined;
}
