import type { JsonObject, JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { textProblem } from "@agent-assembly/storage-core/backend";
import type { TranscriptFormat } from "../format-names.js";
import { notRead, type Place, problem, type TranscriptItem } from "../item.js";
import { digestOf, eventIdAt } from "./identity.js";
import type { ObservedAnswer, ObservedCall } from "./observation.js";
import type { ReadTime } from "./times.js";
import { type ReadValue, readArguments, readResult } from "./values.js";

/** What the calls of one session have in common. */
export interface CallLogOptions {
  readonly format: TranscriptFormat;
  readonly sessionId: string;
  readonly agentId: string;
  /** What makes a call of this session another one than the same call of another session; empty where ids of calls are unique. */
  readonly scope: readonly JsonValue[];
  /** One id and its arguments are one call, however often they occur: the source numbers its calls uniquely. */
  readonly uniqueIds?: boolean;
  /** Decision of what the source only reports. */
  readonly decision: string;
  /** When the session began, for calls before the first one with a time. */
  readonly began: ReadTime | undefined;
  /** The same where the source does not know. */
  readonly start: Date;
}

/** Calls without an answer that are kept until it comes; answers that come later are events of their own. */
const MOST_OPEN = 10_000;
/** Calls of a session that are remembered, to recognise repeats and second answers. */
const MOST_KNOWN = 100_000;

/** Ids that are shorter are counters, and begin again. */
const UNIQUE_LENGTH = 12;

interface KnownCall {
  readonly place: Place;
  readonly digest: Buffer;
  readonly ms: number;
  readonly position: number;
  readonly tool: string;
  readonly id: string | undefined;
  /** Without its payload once it was yielded: a session may have a hundred thousand. */
  event: Omit<NewAuditEvent, "payload"> & { readonly payload: JsonObject };
  /** Digests of the answers so far. */
  readonly answers: Set<string>;
}

/**
 * The calls of one session: pairs them with their answers, gives them times and ids, and leaves out repeats. A list of
 * messages may be fed again, longer, as request logs have it.
 */
export class CallLog {
  /** By digest; calls that were yielded, or wait for their answer. */
  readonly #known = new Map<string, KnownCall>();
  readonly #open = new Map<string, KnownCall>();
  /** The latest calls of an id, oldest first. */
  readonly #byId = new Map<string, KnownCall[]>();
  /** How often a call occurred: with an id that is unique in the list at hand, with another one in all lists that repeat nothing. */
  readonly #inList = new Map<string, number>();
  readonly #inLists = new Map<string, number>();
  /** Calls of the list at hand that wait for their answer; of a repeated list too. */
  #waiting: KnownCall[] = [];
  #lastTime: ReadTime | undefined;
  #lastMs = Number.NaN;
  #position = 0;

  constructor(private readonly options: CallLogOptions) {}

  /**
   * A list of messages begins.
   * @param repeats whether it begins with what an earlier list began with
   */
  begin(repeats = false): void {
    this.#inList.clear();
    if (repeats) this.#inLists.clear();
    this.#waiting = [];
  }

  /** Something with a time came by: what follows without one was not before it. */
  passed(time: ReadTime | undefined): void {
    if (time !== undefined) this.#lastTime = time;
  }

  *call(call: ObservedCall): Generator<TranscriptItem> {
    const wrong = textProblem(call.tool);
    if (wrong !== undefined) {
      yield notRead(call.place, `is a call whose tool ${wrong}`);
      return;
    }
    const args = readArguments(call.arguments);
    yield* asText(call.place, "arguments", args);
    const { scope, uniqueIds = false } = this.options;
    const content: JsonValue[] = [...scope, call.id ?? null, call.tool, args.value];
    const key = digestOf(...content).toString("latin1");
    const isUnique = (call.id?.length ?? 0) >= UNIQUE_LENGTH;
    const counts = isUnique ? this.#inList : this.#inLists;
    const occurrence = uniqueIds && call.id !== undefined ? 0 : (counts.get(key) ?? 0);
    counts.set(key, occurrence + 1);
    const digest = digestOf(...content, occurrence);
    const name = digest.toString("latin1", 0, 16);
    this.passed(call.time);
    const known = this.#known.get(name) ?? this.#add(call, args.value, name, digest);
    this.#waiting.push(known);
    if (this.#open.size > MOST_OPEN) {
      const [oldest] = this.#open.values();
      if (oldest !== undefined) yield* this.#close(oldest);
    }
  }

  #add(call: ObservedCall, args: JsonValue, name: string, digest: Buffer): KnownCall {
    const { sessionId, decision, start } = this.options;
    const time = call.time ?? this.#lastTime ?? this.options.began;
    const ms = time?.ms ?? start.getTime();
    this.#position = ms === this.#lastMs ? this.#position + 1 : 0;
    this.#lastMs = ms;
    const payload: JsonObject = { tool: call.tool, arguments: args };
    if (call.id !== undefined) payload.toolCallId = call.id;
    for (const [member, value] of Object.entries(call.details ?? {})) if (value !== undefined) payload[member] = value;
    if (call.time === undefined) payload.timeAssumed = true;
    const known: KnownCall = {
      place: call.place,
      digest,
      ms,
      position: this.#position,
      tool: call.tool,
      id: call.id,
      event: {
        ts: new Date(ms),
        eventId: eventIdAt(2 * this.#position, digest),
        agentId: call.agentId ?? this.options.agentId,
        sessionId: call.sessionId ?? sessionId,
        action: "tool_call",
        decision: call.decision ?? decision,
        payload,
      },
      answers: new Set(),
    };
    remember(this.#known, name, known, MOST_KNOWN);
    this.#open.set(name, known);
    if (call.id !== undefined) {
      const others = this.#byId.get(call.id) ?? [];
      // Moved to the end, so that the ids used last are kept.
      this.#byId.delete(call.id);
      remember(this.#byId, call.id, [...others, known], MOST_KNOWN);
    }
    return known;
  }

  *answer(answer: ObservedAnswer): Generator<TranscriptItem> {
    this.passed(answer.time);
    const call = this.#callOf(answer);
    if (call === undefined) {
      const about =
        answer.callId === undefined
          ? "names no call, and none is open"
          : "is to a call that is not in the source before it";
      yield problem("no_call", "error", answer.place, `is an answer that ${about}`);
      return;
    }
    this.#waiting = this.#waiting.filter((other) => other !== call);
    const result = readResult(answer.result);
    const content = digestOf(result.value, answer.error ?? null);
    const name = content.toString("latin1", 0, 16);
    if (call.answers.has(name)) return;
    call.answers.add(name);
    yield* asText(answer.place, "the result", result);
    const own = this.#answerEvent(call, answer, result.value, content);
    if (call.answers.size > 1) {
      yield { format: this.options.format, place: answer.place, event: own };
      return;
    }
    const { event } = call;
    const payload = { ...event.payload, ...answer.details, ...outcome(result.value, answer.error) };
    const decision = answer.decision ?? event.decision;
    call.event = { ...event, payload: {} };
    this.#open.delete(call.digest.toString("latin1", 0, 16));
    yield { format: this.options.format, place: call.place, event: { ...event, decision, payload }, answer: own };
  }

  /** The calls that were not answered. */
  *end(): Generator<TranscriptItem> {
    for (const call of [...this.#open.values()]) yield* this.#close(call);
  }

  *#close(call: KnownCall): Generator<TranscriptItem> {
    this.#open.delete(call.digest.toString("latin1", 0, 16));
    // An answer that comes now is an event of its own.
    call.answers.add("");
    const { event } = call;
    call.event = { ...event, payload: {} };
    yield { format: this.options.format, place: call.place, event };
  }

  /**
   * The earliest call that waits for an answer under this id, because ids repeat; else the latest call of the id, which got an
   * answer before. Without an id the earliest one of the tool, or of any.
   */
  #callOf({ callId, tool }: ObservedAnswer): KnownCall | undefined {
    if (callId !== undefined) {
      return this.#waiting.find(({ id }) => id === callId) ?? this.#byId.get(callId)?.at(-1);
    }
    return this.#waiting.find((call) => call.tool === tool) ?? this.#waiting[0];
  }

  #answerEvent(call: KnownCall, answer: ObservedAnswer, result: JsonValue, content: Buffer): NewAuditEvent {
    const { agentId, sessionId, decision, eventId } = call.event;
    const payload: JsonObject = {
      tool: call.tool,
      call: eventId as string,
      ...answer.details,
      ...outcome(result, answer.error),
    };
    if (call.id !== undefined) payload.toolCallId = call.id;
    if (answer.time === undefined) payload.timeAssumed = true;
    return {
      ts: new Date(answer.time?.ms ?? call.ms),
      eventId: eventIdAt(2 * call.position + 1, digestOf(call.digest.toString("hex"), content.toString("hex"))),
      agentId,
      ...(sessionId === undefined ? {} : { sessionId }),
      action: "tool_result",
      decision: answer.decision ?? decision,
      payload,
    };
  }
}

function outcome(result: JsonValue, error: JsonValue | undefined): JsonObject {
  return error === undefined || error === false || error === null ? { result } : { result, error };
}

function* asText(place: Place, what: string, { numbersAsText, duplicates }: ReadValue): Generator<TranscriptItem> {
  if (numbersAsText) {
    yield problem(
      "number_as_text",
      "warning",
      place,
      `${what}: a number has more digits than a double holds; it is stored as text`,
    );
  }
  if (duplicates) {
    yield problem(
      "duplicate_member",
      "warning",
      place,
      `${what}: an object names a member twice; it is stored as text`,
    );
  }
}

/** Sets an entry of a map that keeps the latest ones. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  map.delete(oldest as K);
}
