import type { JsonValue } from "@agent-assembly/storage-core";
import { parseExactJson } from "@agent-assembly/storage-core/backend";
import { asId, asText, isObject } from "../../calls/values.js";
import type { RequestAgents } from "./agents.js";
import { AttributeReader } from "./attributes.js";
import { readFacts } from "./facts.js";
import type { Mapped, MappingOptions } from "./mapped.js";
import { Names } from "./names.js";
import type { OtlpAttributes, OtlpOrigin } from "./records.js";
import { genAi } from "./sources/index.js";
import { definedOf, toEvent } from "./to-event.js";

/** A message of a model or to it, as an event in a span or as a log record. */
export interface MessageRecord {
  readonly name: string;
  readonly origin: OtlpOrigin;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly time: bigint | undefined;
  readonly body: JsonValue | undefined;
  readonly attributes: OtlpAttributes;
  readonly identity: readonly JsonValue[];
}

const MESSAGE = /^gen_ai\.(?:(system|user|assistant|tool)\.message|choice|client\.inference\.operation\.details)$/;
/** Where instrumentations have the message when it is not the body. */
const CONTENT = new Names(["gen_ai.event.content", "message", "content"]);
const ROLE = new Names(["role"]);
const ID = new Names(["id"]);

/** Whether an event is one that the conventions have for messages. */
export function isMessage(name: string): boolean {
  return MESSAGE.test(name);
}

export function mapMessage(record: MessageRecord, agents: RequestAgents, options: MappingOptions): Mapped {
  const attributes = new AttributeReader(record.attributes, record.origin.resource);
  const agentId = agents.agentOf(record, attributes);
  const body = record.body ?? parsed(attributes.take(CONTENT));
  const role = attributes.text(ROLE) ?? (isObject(body) ? asText(body.role) : undefined) ?? roleOf(record.name);
  const callId = isObject(body) && record.name === "gen_ai.tool.message" ? asId(body.id) : attributes.id(ID);
  return toEvent(
    {
      action: "message",
      agentId,
      attributes,
      facts: readFacts({ source: genAi, action: "message", attributes, body, failed: false }),
      origin: record.origin,
      traceId: record.traceId,
      time: record.time,
      identity: record.identity,
      error: undefined,
      tool: undefined,
      details: definedOf({ role, toolCallId: callId, event: record.name, spanId: record.spanId }),
    },
    options,
  );
}

function roleOf(name: string): string {
  return MESSAGE.exec(name)?.[1] ?? "assistant";
}

function parsed(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  const result = parseExactJson(value);
  return "value" in result ? result.value : value;
}
