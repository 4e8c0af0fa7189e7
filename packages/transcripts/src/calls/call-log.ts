import { canonicalJson, type JsonObject, type JsonValue, type NewAuditEvent } from "@agent-assembly/storage-core";
import { textProblem } from "@agent-assembly/storage-core/backend";
import type { TranscriptFormat } from "../format-names.js";
import { notRead, type Place, problem, type TranscriptEvent, type TranscriptItem } from "../item.js";
import { answerEvent, callEvent, decisionEvent, hasFailed } from "./call-events.js";
import { detached, TextPool } from "./detached.js";
import { digestOfAnswer, digestOfText } from "./identity.js";
import { addAnswer, type Decided, hasAnswers, type KnownCall, type OpenCall, toDecided } from "./known-call.js";
import type { ObservedAnswer, ObservedCall, ObservedDecision } from "./observation.js";
import { RecentMap } from "./recent.js";
import type { ReadTime } from "./times.js";
import { type ReadValue, readArguments, readResult } from "./values.js";
import { WaitingCalls } from "./waiting-calls.js";

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
/** Characters of their arguments: each keeps the line it is in. */
const MOST_OPEN_SIZE = 32 * 1024 * 1024;
/**
 * Calls of a session that are remembered, to recognise repeats and second answers. Beyond it the store recognises a repeat,
 * and an answer is to a call that is not in the source.
 */
const MOST_KNOWN = 10_000;

const NOTHING: readonly TranscriptItem[] = [];

/** Ids that are shorter are counters, and begin again. */
const UNIQUE_LENGTH = 12;

/**
 * The calls of one session: pairs them with their answers, gives them times and ids, and leaves out repeats. A list of
 * messages may be fed again, longer, as request logs have it.
 */
export class CallLog {
  /** By digest; calls that were yielded, or wait for their answer. */
  readonly #known = new RecentMap<string, KnownCall>(MOST_KNOWN);
  readonly #open = new Set<KnownCall>();
  #openSize = 0;
  /** The latest call of an id. */
  readonly #byId = new RecentMap<string, KnownCall>(MOST_KNOWN);
  /** How often a call occurred: with an id that is unique in the list at hand, with another one in all lists that repeat nothing. */
  readonly #inList = new Map<number, number>();
  readonly #inLists = new Map<number, number>();
  /** Of the list at hand; of a repeated list too. */
  readonly #waiting = new WaitingCalls(MOST_OPEN);
  readonly #texts = new TextPool();
  #lastTime: ReadTime | undefined;
  #lastMs = Number.NaN;
  #position = 0;
  /** In canonical form, each member with its comma: the beginning of what a call is known by. */
  readonly #scope: string;

  constructor(private readonly options: CallLogOptions) {
    this.#scope = options.scope.map((value) => `${canonicalJson(value)},`).join("");
  }

  /**
   * A list of messages begins.
   * @param repeats whether it begins with what an earlier list began with
   */
  begin(repeats = false): void {
    this.#inList.clear();
    if (repeats) this.#inLists.clear();
    this.#waiting.clear();
  }

  /** Calls that are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** Something with a time came by: what follows without one was not before it. */
  passed(time: ReadTime | undefined): void {
    if (time !== undefined) this.#lastTime = time;
  }

  /** A list of messages was written at this time, or later. */
  since(time: ReadTime | undefined): void {
    if (time !== undefined && !(time.ms <= (this.#lastTime?.ms ?? Number.NaN))) this.#lastTime = time;
  }

  /** Whether a call has this id, and no call of another session may have it. */
  knows(id: string): boolean {
    return id.length >= UNIQUE_LENGTH && this.#byId.has(id);
  }

  /** A call. @returns what is to be told; usually nothing before the answer */
  call(call: ObservedCall): readonly TranscriptItem[] {
    const wrong = textProblem(call.tool);
    if (wrong !== undefined) return [notRead(call.place, `is a call whose tool ${wrong}`)];
    const args = readArguments(call.arguments);
    // The canonical form of a list of all that makes it this call.
    const content = `[${this.#scope}${JSON.stringify(call.id ?? null)},${JSON.stringify(call.tool)},${canonicalJson(args.value)}`;
    const sameById = (this.options.uniqueIds === true || call.sameById === true) && call.id !== undefined;
    const own = digestOfText(`${content}]`);
    const occurrence = sameById ? 0 : this.#occurrence(own, call.id);
    const digest = occurrence === 0 ? own : digestOfText(`${content},${occurrence}]`);
    this.passed(call.time);
    const known = this.#known.get(digest) ?? this.#add(call, args.value, digest, content.length);
    this.#waiting.add(known);
    const changed = asText(call.place, "arguments", args);
    return this.#isFull ? [...changed, ...this.#closeOldest()] : changed;
  }

  get #isFull(): boolean {
    return this.#open.size > MOST_OPEN || this.#openSize > MOST_OPEN_SIZE;
  }

  /** Bounds what waits. */
  *#closeOldest(): Generator<TranscriptItem> {
    while (this.#isFull) {
      const [oldest] = this.#open;
      if (oldest === undefined) break;
      yield* this.#close(oldest);
    }
  }

  /** How often this content came before in the list. */
  #occurrence(digest: string, id: string | undefined): number {
    const counts = (id?.length ?? 0) >= UNIQUE_LENGTH ? this.#inList : this.#inLists;
    const key = Number.parseInt(digest.slice(0, 12), 16);
    const occurrence = counts.get(key) ?? 0;
    counts.set(key, occurrence + 1);
    return occurrence;
  }

  #add(call: ObservedCall, args: JsonValue, digest: string, size: number): KnownCall {
    const { sessionId, agentId, decision, start } = this.options;
    const time = call.time ?? this.#lastTime ?? this.options.began;
    const ms = time?.ms ?? start.getTime();
    this.#position = ms === this.#lastMs ? this.#position + 1 : 0;
    this.#lastMs = ms;
    const payload: JsonObject = { tool: call.tool, arguments: args };
    if (call.id !== undefined) payload.toolCallId = call.id;
    addMembers(payload, call.details);
    if (call.time === undefined) payload.timeAssumed = true;
    const known: KnownCall = {
      digest,
      ms,
      position: this.#position,
      tool: this.#texts.get(call.tool),
      id: call.id === undefined ? undefined : detached(call.id),
      agentId: call.agentId === undefined ? agentId : this.#texts.get(call.agentId),
      sessionId: call.sessionId === undefined ? sessionId : this.#texts.get(call.sessionId),
      decision: call.decision === undefined ? decision : this.#texts.get(call.decision),
      open: { place: call.place, payload, size },
      answers: "",
      decided: undefined,
    };
    this.#known.set(digest, known);
    this.#open.add(known);
    this.#openSize += size;
    if (known.id !== undefined) this.#byId.set(known.id, known);
    return known;
  }

  /** An answer. @returns its call with it, or itself where the call was told before */
  answer(answer: ObservedAnswer): readonly TranscriptItem[] {
    this.passed(answer.time);
    const call = this.#callOf(answer);
    if (call === undefined) {
      const about =
        answer.callId === undefined
          ? "names no call, and none is open"
          : "is to a call that is not in the source before it";
      return [problem("no_call", "error", answer.place, `is an answer that ${about}`)];
    }
    return this.#answer(call, answer);
  }

  /** What was decided about a call. A denial is its answer where the source has none. */
  decide(decision: ObservedDecision): readonly TranscriptItem[] {
    const { callId, place } = decision;
    const call = callId === undefined ? undefined : this.#callOf({ callId });
    if (call === undefined) {
      return [problem("no_call", "error", place, "is a decision about a call that is not in the source before it")];
    }
    if (call.decided !== undefined) return NOTHING;
    if (hasAnswers(call)) {
      return [problem("left_out", "warning", place, "is a decision about a call that had its answer before")];
    }
    call.decided = toDecided(decision);
    // A call that was yielded before it waits again, for an answer or the end.
    this.#open.add(call);
    return this.#isFull ? [...this.#closeOldest()] : NOTHING;
  }

  #answer(call: KnownCall, told: ObservedAnswer): readonly TranscriptItem[] {
    this.#waiting.remove(call);
    const answer = withDecision(told, call.decided);
    const result = readResult(answer.result);
    const content = digestOfAnswer(result.value, answer.error);
    if (!addAnswer(call, content)) return NOTHING;
    const changed = asText(answer.place, "the result", result);
    const open = this.#take(call);
    const own = (): NewAuditEvent => answerEvent(call, answer, result.value, content);
    const { format } = this.options;
    if (open === undefined) return [...changed, { format, place: answer.place, event: own() }];
    // Only this log has the object.
    const { payload } = open;
    // What the call itself says of its failure is more than that there was one.
    const failure = payload.error;
    addMembers(payload, answer.details);
    payload.result = result.value;
    if (hasFailed(answer.error)) payload.error = answer.error;
    if (payload.error === true && failure !== undefined) payload.error = failure;
    const event = callEvent(call, payload, answer.decision ?? call.decision);
    const item = new CallItem(format, open.place, event, own);
    return changed.length === 0 ? [item] : [...changed, item];
  }

  /** The calls that were not answered; an answer that comes later is an event of its own. */
  *end(): Generator<TranscriptItem> {
    for (const call of [...this.#open]) yield* this.#close(call);
  }

  *#close(call: KnownCall): Generator<TranscriptItem> {
    const { decided } = call;
    const told = decided?.open;
    if (told !== undefined && decided?.decision === "deny") {
      yield* this.#answer(call, told);
      return;
    }
    const open = this.#take(call);
    const own =
      decided === undefined || told === undefined
        ? undefined
        : (): NewAuditEvent => decisionEvent(call, decided, told.time);
    if (open !== undefined) {
      const payload = { ...open.payload, ...decided?.details };
      const event = callEvent(call, payload, decided?.decision ?? call.decision);
      const { format } = this.options;
      yield own === undefined ? { format, place: open.place, event } : new CallItem(format, open.place, event, own);
    } else if (told !== undefined && own !== undefined) {
      yield { format: this.options.format, place: told.place, event: own() };
    }
  }

  /** What is to be yielded of a call, once. */
  #take(call: KnownCall): OpenCall | undefined {
    const { open } = call;
    call.open = undefined;
    if (call.decided !== undefined) call.decided.open = undefined;
    if (this.#open.delete(call)) this.#openSize -= open?.size ?? 0;
    return open;
  }

  /**
   * The earliest call that waits for an answer under this id, because ids repeat; else the latest call of the id, which got an
   * answer before. Without an id the earliest one of the tool, or of any.
   */
  #callOf({ callId, tool }: Pick<ObservedAnswer, "callId" | "tool">): KnownCall | undefined {
    if (callId === undefined) return this.#waiting.ofTool(tool);
    return this.#waiting.ofId(callId) ?? this.#byId.get(callId);
  }
}

/** The event of a call, and what is stored where the call is stored already; it is made when it is asked for. */
class CallItem implements TranscriptEvent {
  readonly #own: () => NewAuditEvent;

  constructor(
    readonly format: TranscriptFormat,
    readonly place: Place,
    readonly event: NewAuditEvent,
    own: () => NewAuditEvent,
  ) {
    this.#own = own;
  }

  get answer(): NewAuditEvent {
    return this.#own();
  }
}

function addMembers(payload: JsonObject, members: Readonly<Record<string, JsonValue | undefined>> | undefined): void {
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) payload[name] = value;
  }
}

/** An answer to a call that was denied says so, whatever it was told as. */
function withDecision(answer: ObservedAnswer, decided: Decided | undefined): ObservedAnswer {
  if (decided === undefined) return answer;
  const { decision, details } = decided;
  const error = answer.error ?? (decision === "deny" ? true : undefined);
  return { ...answer, error, decision: answer.decision ?? decision, details: { ...details, ...answer.details } };
}

/** What is said of a value that is stored as text. */
function asText(place: Place, what: string, { numbersAsText, duplicates }: ReadValue): readonly TranscriptItem[] {
  if (!numbersAsText && !duplicates) return NOTHING;
  const items: TranscriptItem[] = [];
  if (numbersAsText) {
    const reason = `${what}: a number has more digits than a double holds; it is stored as text`;
    items.push(problem("number_as_text", "warning", place, reason));
  }
  if (duplicates) {
    const reason = `${what}: an object names a member twice; it is stored as text`;
    items.push(problem("duplicate_member", "warning", place, reason));
  }
  return items;
}
