import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import { toMessage } from "./message.js";

/** An item of a conversation: a message, or what stands in its place. */
export interface Turn {
  readonly item: JsonValue;
  /** From the document's value. */
  readonly pointer: string;
  /** For a response: the objects between it and the exchange, innermost first. They have its time and model. */
  readonly within: readonly JsonObject[];
  /** Its own line, in files with a message in each. */
  readonly line?: number;
}

/** A list of messages and the objects around it, innermost first: that is where its ids are. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly around: readonly JsonObject[];
  /** A request with its response, or a response alone: a later one repeats its messages. */
  readonly exchange: boolean;
}

interface Found extends Conversation {
  /** A message that is in no list. */
  readonly alone: boolean;
}

/** Every list of messages in a value, however deep and under whichever key, with the responses beside them; in the order of the text. */
export function findConversations(value: JsonValue, around: readonly JsonObject[] = []): Conversation[] {
  return find(value, "", around).map((found) => {
    if (!found.alone) return found;
    // The time and model of a response are beside its choices.
    return {
      ...found,
      turns: found.turns.map((turn) => ({ ...turn, within: [...turn.within, ...found.around.slice(0, 1)] })),
    };
  });
}

function find(value: JsonValue, pointer: string, around: readonly JsonObject[]): Found[] {
  if (Array.isArray(value)) {
    if (isMessages(value)) return [{ turns: turnsOf(value, pointer), around, exchange: false, alone: false }];
    return value.flatMap((item, index) => (isContainer(item) ? find(item, `${pointer}/${index}`, around) : []));
  }
  if (!isObject(value)) return [];
  if (toMessage(value) !== undefined) {
    return [{ turns: [{ item: value, pointer, within: [] }], around, exchange: true, alone: true }];
  }
  const inner = [value, ...around];
  const found = Object.entries(value).flatMap(([key, member]) => {
    const place = `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (!isContainer(member)) return [];
    const results = find(member, place, inner);
    return key === "choices" ? joinAlone(results, inner) : results;
  });
  return joinAlone(found, inner);
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
  return list.map((item, index) => ({ item, pointer: `${pointer}/${index}`, within: [] }));
}

/** At least half of it are messages: one odd item is no reason to lose a conversation. */
function isMessages(list: readonly JsonValue[]): boolean {
  const messages = list.filter((item) => toMessage(item) !== undefined).length;
  return messages > 0 && messages * 2 >= list.length;
}

function isContainer(value: JsonValue): boolean {
  return typeof value === "object" && value !== null;
}
