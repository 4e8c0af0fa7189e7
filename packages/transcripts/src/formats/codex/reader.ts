import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import type { CallLog } from "../../calls/call-log.js";
import { detached, TextPool } from "../../calls/detached.js";
import { fitText } from "../../calls/fit-text.js";
import { RecentMap } from "../../calls/recent.js";
import { type ReadTime, readTime } from "../../calls/times.js";
import { asText, isObject, looksLikeCall } from "../../calls/values.js";
import { notRead, type Place, problem, type TranscriptItem } from "../../item.js";
import type { Document } from "../../json/document.js";
import { denialIn } from "../codex-denials.js";
import { codingAgentLog, unnamedSession } from "../coding-agent-log.js";
import type { FormatReader, ReaderOptions } from "../format.js";
import { inexactParts } from "../inexact-parts.js";
import { type ItemAnswer, type ItemCall, readItem } from "../response-items.js";
import { CopiedHistory } from "./copies.js";
import { exitCodeIn, type Report, readReport } from "./items.js";

/** Calls that are remembered, to tell whose events and answers come by. */
const MOST_KNOWN = 10_000;
/** Calls of the session that a fork was made of; all of its history may be there. */
const MOST_COPIED = 100_000;

/** Reads the lines of a rollout: `{ timestamp, type, payload }`. */
export class CodexReader implements FormatReader {
  messages = 0;
  readonly #log: CallLog;
  readonly #copies = new CopiedHistory();
  /** The tool of each call, by its id. */
  readonly #tools = new RecentMap<string, string>(MOST_KNOWN);
  readonly #copiedCalls = new Set<string>();
  readonly #reports = new RecentMap<string, Report>(MOST_KNOWN);
  readonly #texts = new TextPool();
  /** The session of a source that names none: it begins as no other does. */
  #unnamed: string | undefined;
  #details: Record<string, JsonValue | undefined> = {};

  constructor(private readonly options: ReaderOptions) {
    this.#log = codingAgentLog("codex", options);
  }

  *read(document: Document): Generator<TranscriptItem> {
    yield* inexactParts(document);
    const { value, line, pointer } = document;
    const lines = Array.isArray(value) ? value : [value];
    for (const [index, entry] of lines.entries()) {
      const at = Array.isArray(value) ? `${pointer}/${index}` : pointer;
      yield* this.#entry(entry, at === "" ? { line } : { line, pointer: at });
    }
  }

  *pause(): Generator<TranscriptItem> {
    yield* this.#log.end();
  }

  end(): Iterable<TranscriptItem> {
    return this.pause();
  }

  *#entry(entry: JsonValue, place: Place): Generator<TranscriptItem> {
    if (!isObject(entry) || typeof entry.type !== "string" || !isObject(entry.payload)) {
      yield notRead(place, "is no line of a rollout: an object with type and payload was expected");
      return;
    }
    this.#unnamed ??= unnamedSession("codex", entry);
    const { payload } = entry;
    const time = readTime(entry.timestamp, this.options.timeZone);
    const at = { ...place, pointer: `${place.pointer ?? ""}/payload` };
    if (entry.type === "session_meta") {
      if (this.#copies.meta(payload, time?.ms)) this.#begins(payload);
      this.#log.passed(this.#copies.copying ? undefined : time);
      return;
    }
    const begins = entry.type === "turn_context" || payload.type === "task_started" || payload.type === "turn_started";
    this.#copies.line(time?.ms, begins ? asText(payload.turn_id) : undefined);
    if (!this.#copies.copying) this.#log.passed(time);
    switch (entry.type) {
      case "turn_context":
        this.#details = { ...this.#details, model: asText(payload.model), cwd: asText(payload.cwd) };
        return;
      case "response_item":
        yield* this.#item(payload, at, time, entry);
        return;
      case "event_msg":
        yield* this.#event(payload, at, time);
        return;
      case "compacted":
        yield* this.#compacted(payload, at, time);
        return;
      default:
        if (looksLikeCall(payload)) yield notRead(at, "has a call or an answer in a line of a kind that is not known");
    }
  }

  #begins(meta: JsonObject): void {
    this.#details = { cwd: asText(meta.cwd), subagent: subagentOf(meta) };
  }

  *#item(payload: JsonObject, at: Place, time: ReadTime | undefined, entry: JsonObject): Generator<TranscriptItem> {
    const item = readItem(payload);
    if (item === undefined) {
      if (payload.type === "message") this.messages++;
      else if (looksLikeCall(payload))
        yield notRead(at, "has a call or an answer in an item of a kind that is not known");
      return;
    }
    if (item.kind === "bad" || item.kind === "decision") {
      yield notRead(at, item.kind === "bad" ? item.reason : "is an answer to a request for approval");
      return;
    }
    if (time === undefined && !this.#copies.copying) {
      const what = entry.timestamp === undefined ? "has no timestamp" : "timestamp is no time that can be read";
      yield problem("unread_time", "warning", at, `${what}; the time before it was taken`);
    }
    if (item.kind === "call") yield* this.#call(item, at, time);
    else yield* this.#answer(item, at, time);
  }

  *#call(call: ItemCall, at: Place, time: ReadTime | undefined): Generator<TranscriptItem> {
    if (this.#copies.copying) {
      if (call.id !== undefined && this.#copiedCalls.size < MOST_COPIED) this.#copiedCalls.add(detached(call.id));
      yield copied(at, "call");
      return;
    }
    const { outcome, ...observed } = call;
    const session = this.#copies.sessionId;
    if (call.id !== undefined) {
      this.#tools.set(detached(call.id), this.#texts.get(call.tool));
    }
    yield* this.#log.call({
      ...observed,
      place: at,
      time,
      sessionId: session === undefined ? this.#unnamed : fitText(session),
      details: { ...this.#details, ...call.details },
    });
    if (outcome === undefined || outcome.result === undefined || outcome.result === null) return;
    yield* this.#log.answer({ ...outcome, place: at, callId: call.id, tool: call.tool, time });
  }

  *#answer(answer: ItemAnswer, at: Place, time: ReadTime | undefined): Generator<TranscriptItem> {
    const { id, output } = answer;
    if (this.#copies.copying || (id !== undefined && this.#copiedCalls.has(id))) {
      // Where its call was named, the answer says no more; one that came later does.
      if (!this.#copies.copying) yield copied(at, "answer");
      return;
    }
    const report = id === undefined ? undefined : this.#reports.get(id);
    if (id !== undefined) this.#reports.delete(id);
    const exitCode = exitCodeIn(id === undefined ? undefined : this.#tools.get(id), output);
    const by = denialIn(output) ?? report?.by;
    const decision = denialIn(output) === undefined ? report?.decision : "deny";
    const failed = answer.error === true || report?.error === true || (exitCode ?? 0) !== 0;
    yield* this.#log.answer({
      place: at,
      callId: id,
      result: output,
      error: failed || decision === "deny" ? true : undefined,
      time,
      decision,
      details: {
        ...(exitCode === undefined ? {} : { exitCode }),
        ...report?.details,
        ...(by === undefined || decision === undefined ? {} : { decisionSource: by }),
      },
    });
  }

  /** Events repeat what items say; of calls inside other calls, and of what the user ran, only events tell. */
  *#event(event: JsonObject, at: Place, time: ReadTime | undefined): Generator<TranscriptItem> {
    if (this.#copies.copying) return;
    const report = readReport(event);
    if (report === undefined) {
      if (looksLikeCall(event)) yield notRead(at, "has a call or an answer in an event of a kind that is not known");
      return;
    }
    if (this.#copiedCalls.has(report.id)) return;
    if (this.#tools.has(report.id)) {
      const before = this.#reports.get(report.id);
      // The item has the call: of what the event says of it nothing is kept.
      this.#reports.set(detached(report.id), merge(before, { ...report, id: "", call: undefined }));
      return;
    }
    if (report.call === undefined) {
      yield problem("left_out", "warning", at, "is an event about a call that no item of the source has an id of");
      return;
    }
    const { outcome, ...call } = report.call;
    yield* this.#call(call, at, time);
    yield* this.#log.answer({
      place: at,
      callId: report.id,
      result: outcome?.result,
      error: outcome?.error === false ? undefined : outcome?.error,
      time,
      decision: report.decision,
      details: { ...report.details, ...(report.by === undefined ? {} : { decisionSource: report.by }) },
    });
  }

  /** The history that replaces the one before a compaction: most of it was in earlier lines. */
  *#compacted(payload: JsonObject, at: Place, time: ReadTime | undefined): Generator<TranscriptItem> {
    const history = Array.isArray(payload.replacement_history) ? payload.replacement_history : [];
    const fresh = new Set<string>();
    for (const [index, item] of history.entries()) {
      const read = isObject(item) ? readItem(item) : undefined;
      const place = { ...at, pointer: `${at.pointer}/replacement_history/${index}` };
      if (read?.kind === "bad") yield notRead(place, read.reason);
      else if (read?.kind === "call" && read.id !== undefined && !this.#isKnown(read.id)) {
        fresh.add(read.id);
        yield* this.#call(read, place, time);
      } else if (read?.kind === "answer" && read.id !== undefined && (fresh.has(read.id) || !this.#isKnown(read.id))) {
        yield* this.#answer(read, place, time);
      }
    }
  }

  #isKnown(id: string): boolean {
    return this.#tools.has(id) || this.#copiedCalls.has(id);
  }
}

/** Two events about one call: what was decided, and how it ended. */
function merge(before: Report | undefined, report: Report): Report {
  if (before === undefined) return report;
  return {
    ...before,
    ...report,
    details: { ...before.details, ...report.details },
    error: before.error || report.error,
  };
}

function copied(at: Place, what: string): TranscriptItem {
  return problem(
    "left_out",
    "warning",
    at,
    `is a copy of a ${what} of the session that this one was forked from: import the file of that session`,
  );
}

/** The name of a subagent, or `true` where it has none. */
function subagentOf(meta: JsonObject): JsonValue | undefined {
  const source = isObject(meta.source) ? meta.source.subagent : undefined;
  if (source === undefined && meta.thread_source !== "subagent") return undefined;
  const spawn = isObject(source) && isObject(source.thread_spawn) ? source.thread_spawn : {};
  return (
    asText(meta.agent_nickname) ?? asText(spawn.agent_nickname) ?? asText(spawn.agent_role) ?? asText(source) ?? true
  );
}
