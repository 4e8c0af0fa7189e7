import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";
import { detached } from "../../calls/detached.js";
import { fitText } from "../../calls/fit-text.js";
import { digestOf } from "../../calls/identity.js";
import type { ObservedDecision } from "../../calls/observation.js";
import { type FoundTime, type ReadTime, timeIn } from "../../calls/times.js";
import { isObject, looksLikeCall } from "../../calls/values.js";
import type { TranscriptFormat } from "../../format-names.js";
import { notRead, type Place, problem, type TranscriptItem } from "../../item.js";
import type { Document } from "../../json/document.js";
import type { FormatReader, ReaderOptions } from "../format.js";
import { inexactParts } from "../inexact-parts.js";
import { type Conversation, findConversations, type Turn } from "./conversations.js";
import { toMessage } from "./message.js";
import { type DecisionPart, observedAnswer, observedCall, type Part } from "./part.js";
import { type ReadTurn, readTurn } from "./parts.js";
import { ItemReferences } from "./references.js";
import { modelIn, sessionIn } from "./session.js";
import { type ReadConversation, type Session, Sessions } from "./sessions.js";
import { eventsIn, StreamAssemblers } from "./streams/index.js";

/** Lists that come message by message at the same time. */
const MOST_LISTS = 10_000;
const TIME_KEYS = ["timestamp", "created_at", "createdAt", "created", "create_time", "time"];

/** A list of messages that come one by one. */
interface GrowingList {
  readonly line: number;
  readonly around: readonly JsonObject[];
  /** Until the first call tells the session; of a document that is read in parts all of them, because its ids may come last. */
  readonly turns: Turn[];
  /** From the first call on. */
  session: Session | undefined;
}

/** Reads conversations: lists of chat messages in the forms of OpenAI, Anthropic, LangChain and the AI SDK. */
export class ChatReader implements FormatReader {
  messages = 0;
  readonly #sessions: Sessions;
  readonly #references = new ItemReferences();
  readonly #streams = new StreamAssemblers();
  #lastLine = 1;
  /** Lists whose messages come one by one: in lines, for each session they name, or in a document that is read in parts. */
  readonly #lists = new Map<string, GrowingList>();

  constructor(
    format: TranscriptFormat,
    private readonly options: ReaderOptions,
  ) {
    this.#sessions = new Sessions(format, options);
  }

  *read(document: Document): Generator<TranscriptItem> {
    yield* inexactParts(document);
    const events = eventsIn(document.value);
    if (events !== undefined && (events.certain || this.#streams.has(events))) {
      this.#lastLine = document.line;
      yield* this.#responses(this.#streams.add(events), document);
      return;
    }
    if (isPartOfList(document)) {
      yield* this.#message(document);
      return;
    }
    const repeated: string[] = [];
    const conversations = findConversations(document.value, document.around, (pointer) => repeated.push(pointer));
    for (const pointer of repeated) {
      const place = placeOf({ ...document, pointer: document.pointer + pointer });
      yield problem(
        "left_out",
        "warning",
        place,
        "has calls in the form of the provider: the messages beside it are read",
      );
    }
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

  *pause(): Generator<TranscriptItem> {
    yield* this.#responses(this.#streams.finished(), { ...NOWHERE, line: this.#lastLine });
    for (const { session } of this.#lists.values()) yield* session?.log.end() ?? [];
    yield* this.#sessions.end();
  }

  *end(): Generator<TranscriptItem> {
    yield* this.#responses(this.#streams.end(), { ...NOWHERE, line: this.#lastLine });
    for (const list of this.#lists.values()) yield* this.#endList(list);
    yield* this.#sessions.end();
  }

  *#message({ value, line, pointer, around, isLine }: Document): Generator<TranscriptItem> {
    const named = isLine && isObject(value) ? sessionIn(value) : undefined;
    const name = isLine ? `session ${named ?? ""}` : pointer.slice(0, pointer.lastIndexOf("/"));
    const list = this.#lists.get(name) ?? {
      turns: [],
      session: undefined,
      line,
      around: named === undefined ? around : [{ session_id: detached(named) }],
    };
    this.#lists.delete(name);
    this.#lists.set(detached(name), list);
    const turn = { item: value, pointer, within: [], line };
    if (list.session !== undefined) {
      for (const read of this.#readTurns([turn])) yield* this.#turn(list.session, read, { ...NOWHERE, line });
    } else {
      const read = readTurn(turn);
      list.turns.push(isLine ? { ...turn, item: slim(read) } : turn);
      if (isLine && hasCalls([read])) {
        list.session = yield* this.#conversation({ ...list, exchange: false }, { ...NOWHERE, line: list.line });
        list.turns.length = 0;
      }
    }
    if (this.#lists.size <= MOST_LISTS) return;
    const [[oldest, evicted] = ["", list]] = this.#lists;
    this.#lists.delete(oldest);
    yield* this.#endList(evicted);
  }

  *#endList({ session, line, ...list }: GrowingList): Generator<TranscriptItem> {
    if (session !== undefined) yield* session.log.end();
    else yield* this.#conversation({ ...list, exchange: false }, { ...NOWHERE, line });
  }

  *#responses(responses: Iterable<JsonValue>, document: Document): Generator<TranscriptItem> {
    for (const response of responses) {
      for (const conversation of findConversations(response, document.around)) {
        yield* this.#conversation(conversation, { ...document, pointer: "" });
      }
    }
  }

  /** @returns the session that its calls and answers are of */
  *#conversation(found: Conversation, document: Document): Generator<TranscriptItem, Session> {
    const conversation = { ...found, turns: this.#readTurns(found.turns) };
    const session = yield* this.#sessionOf(conversation, document);
    for (const turn of conversation.turns) yield* this.#turn(session, turn, document);
    return session;
  }

  #readTurns(turns: readonly Turn[]): ReadTurn[] {
    return this.#references.resolve(turns).map(readTurn);
  }

  *#sessionOf(conversation: ReadConversation, document: Document): Generator<TranscriptItem, Session> {
    // Nothing to store, but answers may be lost and items be odd.
    if (!hasCalls(conversation.turns)) {
      return this.#sessions.continued(conversation) ?? this.#sessions.none();
    }
    const began = this.#timeIn(conversation.around);
    yield* zoneNotice(began, placeOf(document, conversation.turns[0]));
    return yield* this.#sessions.of(conversation, timeOf(began));
  }

  #turn(session: Session, turn: ReadTurn, document: Document): readonly TranscriptItem[] {
    const place = placeOf(document, turn);
    const { message, parts } = turn;
    if (message === undefined) return [odd(turn.item, place)];
    const own = aboutOf(message.body);
    const found = this.#timeIn(own, turn.within);
    const time = timeOf(found);
    const items: TranscriptItem[] = [];
    if (parts.length === 0) this.messages++;
    else if (found !== undefined && time?.zoned !== true) items.push(...zoneNotice(found, place));
    session.log.passed(time);
    const model = first(own, modelIn);
    const agentId = model === undefined || this.options.agentId !== undefined ? undefined : fitText(model);
    for (const part of parts) {
      items.push(...this.#part(session, part, placeOf(document, turn, part.pointer), time, agentId));
    }
    return items;
  }

  /** The time of the first object that has one, or what the first one has that could not be read. */
  #timeIn(...lists: readonly (readonly JsonObject[])[]): FoundTime | undefined {
    let unread: FoundTime | undefined;
    for (const objects of lists) {
      for (const object of objects) {
        const found = timeIn(object, TIME_KEYS, this.options.timeZone);
        if (found !== undefined && "time" in found) return found;
        unread ??= found;
      }
    }
    return unread;
  }

  #part(
    { log, asked }: Session,
    part: Part,
    place: Place,
    time: ReadTime | undefined,
    agentId: string | undefined,
  ): Iterable<TranscriptItem> {
    switch (part.kind) {
      case "bad":
        return [notRead(place, part.reason)];
      case "unfinished":
        return [problem("left_out", "warning", place, part.reason)];
      case "call":
        return log.call(observedCall(part, place, time, agentId));
      case "answer":
        return log.answer(observedAnswer(part, place, time));
      case "asked":
        asked.set(detached(part.approvalId), {
          callId: part.callId === undefined ? undefined : detached(part.callId),
          automatic: part.automatic,
        });
        return [];
      case "decision":
        return log.decide({ ...decisionOf(part, asked), place, time });
    }
  }
}

function first<T>(objects: readonly JsonObject[], read: (object: JsonObject) => T | undefined): T | undefined {
  for (const object of objects) {
    const value = read(object);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A message, and what libraries keep beside it of what the provider or the application said of it. */
function aboutOf(body: JsonObject): JsonObject[] {
  const { metadata, response_metadata: response } = body;
  return isObject(metadata) || isObject(response) ? [body, metadata, response].filter(isObject) : [body];
}

/** What was decided, of which call, and by whom. */
function decisionOf(
  { approved, reason, ...part }: DecisionPart,
  asked: Session["asked"],
): Omit<ObservedDecision, "place" | "time"> {
  const request = part.approvalId === undefined ? undefined : asked.get(part.approvalId);
  const source = part.source ?? (request?.automatic === true ? "rule" : request === undefined ? undefined : "user");
  return {
    callId: part.callId ?? request?.callId,
    decision: approved ? "allow" : "deny",
    result: reason ?? null,
    details: {
      ...(source === undefined ? {} : { decisionSource: source }),
      ...(reason === undefined ? {} : { decisionReason: reason }),
    },
  };
}

/** The place of what is in no single document. */
const NOWHERE: Document = { value: null, inexact: [], line: 1, pointer: "", around: [], isLine: true };

function isPartOfList({ value, isLine, pointer }: Document): boolean {
  return (isLine || /\/\d+$/.test(pointer)) && toMessage(value) !== undefined;
}

/** A message without its text where it only counts for what it is: a file of lines may be larger than memory. */
function slim({ item, message, parts }: ReadTurn): JsonValue {
  if (message === undefined || message.pointer !== "" || parts.length > 0) return item;
  if (message.body.content === undefined) return item;
  return { ...message.body, content: digestOf(message.body.content) };
}

function hasCalls(turns: readonly ReadTurn[]): boolean {
  return turns.some(({ parts }) => parts.some(({ kind }) => kind === "call"));
}

function timeOf(found: FoundTime | undefined): ReadTime | undefined {
  return found !== undefined && "time" in found ? found.time : undefined;
}

function placeOf(document: Document, turn?: Turn, within = ""): Place {
  const pointer = document.pointer + (turn?.pointer ?? "") + within;
  const line = turn?.line ?? document.line;
  return pointer === "" ? { line } : { line, pointer };
}

/** An item of a list of messages that is none. */
function odd(item: JsonValue, place: Place): TranscriptItem {
  const type = isObject(item) ? String(item.type) : "";
  if (looksLikeCall(item) || /_call(?:_output)?$/.test(type)) {
    return notRead(place, "stands where a message was expected, and has a call or an answer");
  }
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
