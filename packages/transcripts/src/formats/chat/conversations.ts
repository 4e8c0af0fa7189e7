import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asId, isObject, looksLikeCall } from "../../calls/values.js";
import { isItem } from "./item-types.js";
import { toMessage } from "./message.js";

/** An item of a conversation: a message, or what stands in its place. */
export interface Turn {
  readonly item: JsonValue;
  /** From the document's value. */
  readonly pointer: string;
  /** For a response: the objects between it and the exchange, innermost first. They have its time and model. */
  readonly within: readonly JsonObject[];
  /** Its own line, in files with a message in each. */
  readonly line?: number | undefined;
}

/** A list of messages and the objects around it, innermost first: that is where its ids are. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly around: readonly JsonObject[];
  /** A request with its response, or a response alone: a later one repeats its messages. */
  readonly exchange: boolean;
}

interface Found extends Conversation {
  /** A message that is in no list, or the list of a response. */
  readonly alone: boolean;
  /** A text in place of a list: it counts where there is a response to it. */
  readonly prompt?: boolean;
}

/** What repeats a conversation in another form, and is not read. */
export type OnRepeated = (pointer: string) => void;

/** Every list of messages in a value, however deep and under whichever key, with the responses beside them; in the order of the text. */
export function findConversations(
  value: JsonValue,
  around: readonly JsonObject[] = [],
  onRepeated: OnRepeated = () => undefined,
): Conversation[] {
  const all = find(value, "", around, onRepeated).filter(({ prompt }) => prompt !== true);
  return all.map((found) => {
    if (!found.alone) return found;
    // The time and model of a response are beside its choices.
    return {
      ...found,
      turns: found.turns.map((turn) => ({ ...turn, within: [...turn.within, ...found.around.slice(0, 1)] })),
    };
  });
}

function find(value: JsonValue, pointer: string, around: readonly JsonObject[], onRepeated: OnRepeated): Found[] {
  if (Array.isArray(value)) {
    if (isMessages(value)) return [{ turns: turnsOf(value, pointer), around, exchange: false, alone: false }];
    return value.flatMap((item, index) =>
      isContainer(item) ? find(item, `${pointer}/${index}`, around, onRepeated) : [],
    );
  }
  if (!isObject(value)) return [];
  if (toMessage(value) !== undefined) {
    return [{ turns: [{ item: value, pointer, within: [] }], around, exchange: true, alone: true }];
  }
  const inner = [value, ...around];
  const found = membersOf(value, pointer, onRepeated).flatMap(([key, member]): Found[] => {
    const place = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (key === "input" && typeof member === "string" && typeof value.model === "string") {
      const turns = [{ item: { role: "user", content: member }, pointer: place, within: [] }];
      return [{ turns, around: inner, exchange: false, alone: false, prompt: true }];
    }
    if (!isContainer(member)) return [];
    if (key === "output" && value.object === "response" && Array.isArray(member) && member.length === 0) {
      return [{ turns: [], around: inner, exchange: true, alone: true }];
    }
    const results = find(member, place, inner, onRepeated);
    if (key === "output" && isListOfItems(member)) {
      return results.map((one) => ({ ...one, exchange: true, alone: true }));
    }
    return key === "choices" ? joinAlone(results, inner) : results;
  });
  return joinAlone(found, inner);
}

/** Members of an object that may hold a conversation of their own. */
function membersOf(value: JsonObject, pointer: string, onRepeated: OnRepeated): [string, JsonValue][] {
  const entries = Object.entries(value);
  const { response } = value;
  // A step of the AI SDK: what was sent to the provider and came back is there in the provider's form, too.
  if (isObject(response) && Array.isArray(response.messages)) {
    if (looksLikeCall(value.request)) onRepeated(`${pointer}/request`);
    if (looksLikeCall(response.body)) onRepeated(`${pointer}/response/body`);
    return entries.flatMap(([key, member]): [string, JsonValue][] => {
      if (key === "response") return [[key, { ...response, body: null }]];
      return key === "request" || key === "content" ? [] : [[key, member]];
    });
  }
  // Instructions and tools of a response are no part of what was said.
  if (value.object !== "response") return entries;
  return entries.filter(([key]) => !["instructions", "tools", "prompt"].includes(key));
}

function isListOfItems(value: JsonValue): boolean {
  if (!Array.isArray(value) || !isMessages(value)) return false;
  return value.some((item) => isObject(item) && (isItem(item) || item.type === "message"));
}

/** A response belongs to the one list of messages beside it, or to the responses beside it. */
function joinAlone(found: Found[], around: readonly JsonObject[]): Found[] {
  const lists = found.filter(({ alone }) => !alone);
  const responses = found.filter(({ alone }) => alone);
  const [list, ...others] = lists;
  const [response] = responses;
  if (response === undefined || others.length > 0) return found;
  const turns = responses.flatMap((one) => {
    const within = one.around.slice(0, one.around.length - around.length);
    return one.turns.map((turn) => ({ ...turn, within: [...turn.within, ...within] }));
  });
  if (list === undefined) return [{ turns, around, exchange: true, alone: true }];
  return [{ turns: [...list.turns, ...turns], around: list.around, exchange: true, alone: false }];
}

function turnsOf(list: readonly JsonValue[], pointer: string): Turn[] {
  const turns = list.map((item, index) => ({ item, pointer: `${pointer}/${index}`, within: [] }));
  return isReversed(list) ? turns.reverse() : turns;
}

/** The Responses API lists the items of a conversation with the newest first. */
function isReversed(list: readonly JsonValue[]): boolean {
  const answered = new Set<string>();
  for (const item of list) {
    const id = isObject(item) ? asId(item.call_id) : undefined;
    if (id === undefined || !isObject(item) || typeof item.type !== "string" || !isItem(item)) continue;
    if (/_output$/.test(item.type)) answered.add(id);
    else return answered.has(id);
  }
  return false;
}

/** At least half of it are messages: one odd item is no reason to lose a conversation. */
function isMessages(list: readonly JsonValue[]): boolean {
  const messages = list.filter((item) => toMessage(item) !== undefined).length;
  return messages > 0 && messages * 2 >= list.length;
}

function isContainer(value: JsonValue): boolean {
  return typeof value === "object" && value !== null;
}
