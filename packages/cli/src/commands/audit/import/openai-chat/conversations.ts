import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";

/** A chat message: an object with a `role`. */
export type Message = JsonObject & { readonly role: string };

/** One list of messages and the objects around it, innermost first: that is where its ids are. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly around: readonly JsonObject[];
}

/** Every list of messages in a document, however deep and under whichever key, in document order. */
export function* findConversations(value: JsonValue, around: readonly JsonObject[] = []): Generator<Conversation> {
  if (Array.isArray(value)) {
    if (isMessages(value)) yield { messages: value, around };
    else for (const item of value) yield* findConversations(item, around);
  } else if (typeof value === "object" && value !== null) {
    const inner = [value, ...around];
    for (const member of Object.values(value)) {
      if (typeof member === "object" && member !== null) yield* findConversations(member, inner);
    }
  }
}

function isMessages(list: JsonValue[]): list is Message[] {
  return list.length > 0 && list.every(isMessage);
}

function isMessage(value: JsonValue): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value) && typeof value.role === "string";
}
