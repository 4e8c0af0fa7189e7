import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";
import { CallLog } from "../../calls/call-log.js";
import { fitText } from "../../calls/fit-text.js";
import { digestOf } from "../../calls/identity.js";
import { type FoundTime, type ReadTime, timeIn } from "../../calls/times.js";
import { isObject, looksLikeCall } from "../../calls/values.js";
import type { TranscriptFormat } from "../../format-names.js";
import { notRead, type Place, problem, type TranscriptItem } from "../../item.js";
import type { Document } from "../../json/document.js";
import type { FormatReader, ReaderOptions } from "../format.js";
import { inexactParts } from "../inexact-parts.js";
import { ChunkAssembler, chunksIn } from "./chunks.js";
import { type Conversation, findConversations, type Turn } from "./conversations.js";
import { likenessOf } from "./likeness.js";
import { toMessage } from "./message.js";
import type { CallPart } from "./part.js";
import { partsOf } from "./parts.js";
import { agentOf, modelIn, sessionIn, sessionOf } from "./session.js";

const TIME_KEYS = ["timestamp", "created_at", "createdAt", "created", "create_time", "time"];
/** Sessions whose calls are remembered, so that a later list that repeats them adds nothing. */
const MOST_SESSIONS = 256;
/** Ids that are shorter may be those of other conversations in other files. */
const UNIQUE_LENGTH = 16;

interface Session {
  readonly log: CallLog;
  /** Digest of each message, where the session is known by its content only. */
  readonly content: readonly string[] | undefined;
  /** Digests of the beginnings of its lists: one that begins like an earlier one repeats it. */
  readonly openings: Set<string>;
}

/** Reads conversations: lists of chat messages in the forms of OpenAI, Anthropic and LangChain. */
export class ChatReader implements FormatReader {
  messages = 0;
  /** By name; the ones used last come last. */
  readonly #sessions = new Map<string, Session>();
  readonly #chunks = new ChunkAssembler();
  /** Lists whose messages come one by one: in lines, for each session they name, or in a document that is read in parts. */
  readonly #lists = new Map<
    string,
    { readonly turns: Turn[]; readonly line: number; readonly around: readonly JsonObject[] }
  >();

  constructor(
    private readonly format: TranscriptFormat,
    private readonly options: ReaderOptions,
  ) {}

  *read(document: Document): Generator<TranscriptItem> {
    yield* inexactParts(document);
    const chunks = chunksIn(document.value);
    if (chunks !== undefined) {
      for (const chunk of chunks) yield* this.#responses(this.#chunks.add(chunk), document);
      return;
    }
    if (isPartOfList(document)) {
      this.#message(document);
      return;
    }
    const conversations = findConversations(document.value, document.around);
    for (const conversation of conversations) yield* this.#conversation(conversation, document);
    if (conversations.length > 0) return;
    if (document.isLine) {
      yield notRead(
        placeOf(document),
        "holds no conversation: a list of messages with roles was expected under some key",
      );
    } else if (looksLikeCall(document.value))
      yield notRead(placeOf(document), "has calls or answers, and no list of messages");
  }

  *end(): Generator<TranscriptItem> {
    const place = { value: null, inexact: [], pointer: "", around: [], isLine: true };
    yield* this.#responses(this.#chunks.end(), { ...place, line: 1 });
    for (const { line, ...list } of this.#lists.values()) {
      yield* this.#conversation({ ...list, exchange: false }, { ...place, line });
    }
    for (const { log } of this.#sessions.values()) yield* log.end();
  }

  #message({ value, line, pointer, around, isLine }: Document): void {
    const named = isLine && isObject(value) ? sessionIn(value) : undefined;
    const name = isLine ? `session ${named ?? ""}` : pointer.slice(0, pointer.lastIndexOf("/"));
    const known = this.#lists.get(name) ?? {
      turns: [],
      line,
      around: named === undefined ? around : [{ session_id: named }],
    };
    known.turns.push({ item: isLine ? slim(value) : value, pointer, within: [], line });
    this.#lists.set(name, known);
  }

  *#responses(responses: readonly JsonValue[], document: Document): Generator<TranscriptItem> {
    for (const response of responses) {
      for (const conversation of findConversations(response, document.around)) {
        yield* this.#conversation(conversation, { ...document, pointer: "" });
      }
    }
  }

  *#conversation(conversation: Conversation, document: Document): Generator<TranscriptItem> {
    const first = conversation.turns.findIndex(({ item }) => hasCalls(item));
    const began = this.#began(conversation);
    if (first === -1) {
      yield* this.#withoutCalls(conversation, document);
      return;
    }
    yield* zoneNotice(began, placeOf(document, conversation.turns[0]));
    const log = yield* this.#logOf(conversation, first, began);
    for (const turn of conversation.turns) yield* this.#turn(log, turn, document);
  }

  /** Nothing to store, but answers may be lost and items be odd. */
  *#withoutCalls(conversation: Conversation, document: Document): Generator<TranscriptItem> {
    const log = new CallLog({
      format: this.format,
      sessionId: "none",
      agentId: "agent",
      scope: [],
      decision: this.options.decision,
      began: undefined,
      start: this.options.start,
    });
    for (const turn of conversation.turns) yield* this.#turn(log, turn, document);
  }

  #began({ around }: Conversation): FoundTime | undefined {
    let unread: FoundTime | undefined;
    for (const object of around) {
      const found = timeIn(object, TIME_KEYS, this.options.timeZone);
      if (found !== undefined && "time" in found) return found;
      unread ??= found;
    }
    return unread;
  }

  *#logOf(
    conversation: Conversation,
    firstCall: number,
    began: FoundTime | undefined,
  ): Generator<TranscriptItem, CallLog> {
    const named = sessionOf(conversation);
    const opening = digestOf(
      ...conversation.turns.slice(0, firstCall + 1).map(({ item }) => likenessOf(item)),
    ).toString("hex");
    const content = named === undefined ? conversation.turns.map(({ item }) => likenessOf(item)) : undefined;
    const name =
      named === undefined
        ? this.#nameByContent(opening, content ?? [], conversation.exchange || hasIds(conversation))
        : named;
    const unique = named !== undefined && named.length >= UNIQUE_LENGTH;
    const key = unique ? name : `${name} ${opening}`;
    const known = this.#sessions.get(key);
    this.#sessions.delete(key);
    const longer = (content?.length ?? 0) > (known?.content?.length ?? -1) ? content : known?.content;
    const log = known?.log ?? this.#newLog(conversation, name, unique ? [name] : [name, opening], began);
    const openings = known?.openings ?? new Set();
    log.begin(openings.has(opening));
    openings.add(opening);
    this.#sessions.set(key, { log, content: longer, openings });
    if (this.#sessions.size > MOST_SESSIONS) {
      const [[oldest, evicted] = ["", undefined]] = this.#sessions;
      this.#sessions.delete(oldest);
      if (evicted !== undefined) yield* evicted.log.end();
    }
    return log;
  }

  /**
   * The session of a conversation that names none. One that begins with all messages of an earlier one, or is its beginning,
   * is the same one, longer; an equal one is another one, unless it may repeat: a logged request does, and so does what has ids.
   */
  #nameByContent(opening: string, content: readonly string[], repeats: boolean): string {
    const base = `chat-${opening.slice(0, 16)}`;
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}-${number}`;
      const known = this.#sessions.get(`${name} ${opening}`)?.content;
      if (known === undefined) return name;
      const shared = Math.min(known.length, content.length);
      const same = known.slice(0, shared).every((digest, index) => digest === content[index]);
      if (same && (repeats || known.length !== content.length)) return name;
    }
  }

  #newLog(conversation: Conversation, name: string, scope: JsonValue[], began: FoundTime | undefined): CallLog {
    return new CallLog({
      format: this.format,
      sessionId: fitText(name),
      agentId: this.options.agentId ?? fitText(agentOf(conversation) ?? "agent"),
      scope,
      decision: this.options.decision,
      began: timeOf(began),
      start: this.options.start,
    });
  }

  *#turn(log: CallLog, turn: Turn, document: Document): Generator<TranscriptItem> {
    const place = placeOf(document, turn);
    const message = toMessage(turn.item);
    if (message === undefined) {
      yield odd(turn.item, place);
      return;
    }
    const found = [message.body, ...turn.within].map((object) => timeIn(object, TIME_KEYS, this.options.timeZone));
    const time = found.find((one) => one !== undefined && "time" in one) ?? found.find((one) => one !== undefined);
    const parts = partsOf(message);
    if (parts.length === 0) this.messages++;
    else yield* zoneNotice(time, place);
    log.passed(timeOf(time));
    const model = this.options.agentId === undefined ? modelIn(message.body) : undefined;
    for (const part of parts) {
      const at = { ...place, pointer: (place.pointer ?? "") + part.pointer };
      if (part.kind === "bad") yield notRead(at, part.reason);
      else if (part.kind === "call") {
        const agentId = model === undefined ? undefined : fitText(model);
        yield* log.call({ ...part, place: at, time: timeOf(time), agentId });
      } else yield* log.answer({ ...part, place: at, time: timeOf(time) });
    }
  }
}

function isPartOfList({ value, isLine, pointer }: Document): boolean {
  return (isLine || /\/\d+$/.test(pointer)) && toMessage(value) !== undefined;
}

/** A message without its text where it only counts for what it is: a file of lines may be larger than memory. */
function slim(item: JsonValue): JsonValue {
  const message = toMessage(item);
  if (message === undefined || message.pointer !== "" || partsOf(message).length > 0) return item;
  return { ...message.body, content: digestOf(message.body.content ?? null).toString("hex") };
}

function hasCalls(item: JsonValue): boolean {
  return callsOf(item).length > 0;
}

function hasIds({ turns }: Conversation): boolean {
  return turns.every(({ item }) => callsOf(item).every(({ id }) => id !== undefined));
}

function callsOf(item: JsonValue): CallPart[] {
  const message = toMessage(item);
  return message === undefined ? [] : partsOf(message).filter((part) => part.kind === "call");
}

function timeOf(found: FoundTime | undefined): ReadTime | undefined {
  return found !== undefined && "time" in found ? found.time : undefined;
}

function placeOf(document: Document, turn?: Turn): Place {
  const pointer = document.pointer + (turn?.pointer ?? "");
  const line = turn?.line ?? document.line;
  return pointer === "" ? { line } : { line, pointer };
}

/** An item of a list of messages that is none. */
function odd(item: JsonValue, place: Place): TranscriptItem {
  if (typeof item === "string") return notRead(place, "stands where a message was expected, and is a text");
  return problem(
    "left_out",
    "warning",
    place,
    `stands where a message was expected, and is ${describeShape(item)} without a role`,
  );
}

function* zoneNotice(found: FoundTime | undefined, place: Place): Generator<TranscriptItem> {
  if (found === undefined) return;
  if ("unread" in found) {
    yield problem(
      "unread_time",
      "warning",
      place,
      `${found.unread} is no time that can be read; the time before it was taken`,
    );
  } else if (!found.time.zoned) {
    yield problem("zone_assumed", "warning", place, "has a time without a zone");
  }
}
