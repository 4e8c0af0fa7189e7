import type { JsonObject } from "@agent-assembly/storage-core";
import { asId, asText, isObject } from "../../calls/values.js";
import type { Conversation } from "./conversations.js";

const SESSION_KEYS = [
  "session_id",
  "sessionId",
  "conversation_id",
  "conversationId",
  "thread_id",
  "threadId",
  "chat_id",
  "chatId",
  "run_id",
  "runId",
];
/** They name the object that holds the messages, or the one exchange. */
const OBJECT_KEYS = ["uuid", "id"];
/** Ids that APIs give one response. */
const RESPONSE_ID = /^(?:chatcmpl|resp|msg|req|gen|batch_req|aitxt)[-_]/;

/** The session that the objects around a conversation name; `undefined` where its content has to do. */
export function sessionOf(conversation: Conversation): string | undefined {
  const { around, exchange } = conversation;
  const said = [...around, ...withinOf(conversation)].map(conversationIn).find((id) => id !== undefined);
  if (said !== undefined) return said;
  for (const object of around) {
    const id = sessionIn(object);
    if (id !== undefined) return id;
    if (exchange) continue;
    const own = firstId(object, OBJECT_KEYS);
    if (own !== undefined && !RESPONSE_ID.test(own)) return own;
  }
  return undefined;
}

/** The conversation of the Responses API that a request or response belongs to, or the run of a step of the AI SDK. */
function conversationIn({ conversation, callId, stepNumber }: JsonObject): string | undefined {
  if (typeof stepNumber === "number") return asText(callId);
  if (isObject(conversation)) return asText(conversation.id);
  return typeof conversation === "string" && conversation.startsWith("conv_") ? conversation : undefined;
}

/** The ids of the response that a conversation ends with, and of the one that it continues. */
export function responsesOf(conversation: Conversation): { own: string | undefined; previous: string | undefined } {
  const objects = [...withinOf(conversation), ...conversation.around];
  const ids = objects.map(({ id, object }) => (object === "response" ? asText(id) : undefined));
  const previous = objects.map(({ previous_response_id }) => asText(previous_response_id));
  return { own: ids.find((id) => id !== undefined), previous: previous.find((id) => id !== undefined) };
}

/** The responses that an exchange ends with. */
function withinOf({ exchange, turns }: Conversation): JsonObject[] {
  return exchange ? turns.flatMap(({ within }) => within) : [];
}

/** The session that an object names: by its own members, those of its metadata, or as a trial of a task. */
export function sessionIn(object: JsonObject): string | undefined {
  const metadata = isObject(object.metadata) ? firstId(object.metadata, SESSION_KEYS) : undefined;
  const id = firstId(object, SESSION_KEYS) ?? metadata;
  if (id !== undefined) return id;
  const task = firstId(object, ["task_id", "taskId"]);
  if (task === undefined) return undefined;
  const trial = firstId(object, ["trial", "trial_id"]);
  return trial === undefined ? `task-${task}` : `task-${task}/trial-${trial}`;
}

const AGENT_KEYS = ["agent_id", "agentId", "agent_name", "agentName", "agent"];

/** The agent that the objects around a conversation name, else the model it was held with. */
export function agentOf(conversation: Conversation): string | undefined {
  const { around } = conversation;
  for (const object of around) {
    const agent = AGENT_KEYS.map((key) => asText(object[key])).find((name) => name !== undefined);
    if (agent !== undefined) return agent;
  }
  for (const object of [...around, ...withinOf(conversation)]) {
    const model = modelIn(object);
    if (model !== undefined) return model;
  }
  return undefined;
}

/** The model an object names. */
export function modelIn(object: JsonObject): string | undefined {
  return asText(object.model) ?? asText(object.model_name) ?? asText(object.modelId);
}

function firstId(object: JsonObject, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const id = asId(object[key]);
    if (id !== undefined) return id;
  }
  return undefined;
}
