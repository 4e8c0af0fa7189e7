import type { JsonValue } from "@agent-assembly/storage-core";
import { readTime } from "../../calls/times.js";
import { looksLikeCall } from "../../calls/values.js";
import { denialIn } from "../codex-denials.js";
import type { RequestAgents } from "./agents.js";
import { AttributeReader } from "./attributes.js";
import { type Facts, readFacts } from "./facts.js";
import { type Mapped, type MappingOptions, notMapped, refused, warning } from "./mapped.js";
import { isMessage, mapMessage } from "./messages.js";
import { Names } from "./names.js";
import type { OtlpLog } from "./records.js";
import { toldBy } from "./sources/coding-agents.js";
import { codingAgents, genAi, unknown } from "./sources/index.js";
import type { Source } from "./sources/source.js";
import { asObject, definedOf, toEvent } from "./to-event.js";

const EVENT_NAME = new Names(["event.name"]);

/** The event of a log record. @param agents of the spans in the same request */
export function mapLog(log: OtlpLog, agents: RequestAgents, options: MappingOptions): Mapped {
  const attributes = new AttributeReader(log.attributes, log.origin.resource);
  const names = [log.eventName, attributes.text(EVENT_NAME), log.body].filter((name) => typeof name === "string");
  const time = timeOf(log, attributes);
  const identity = identityOf(log, time, names[0]);
  const message = names.find(isMessage);
  if (message !== undefined) {
    const { origin, traceId, spanId, attributes: own } = log;
    const body = typeof log.body === "string" && log.body === message ? undefined : log.body;
    return mapMessage(
      { name: message, origin, traceId, spanId, time, body, attributes: own, identity },
      agents,
      options,
    );
  }
  const told =
    classify(names, attributes) ??
    (options.unmapped === "store" ? { source: unknown, action: "log", name: names[0] } : undefined);
  if (told === undefined) return leftOut(log, names);

  const { source, action, name } = told;
  const agentId = agents.agentOf(log, attributes);
  return toEvent(
    {
      action,
      agentId,
      attributes,
      facts: withDenial(readFacts({ source, action, attributes, failed: told.failed === true })),
      origin: log.origin,
      traceId: log.traceId,
      time,
      identity,
      error: undefined,
      tool: undefined,
      details: definedOf({
        event: log.body === name && action === "log" ? undefined : name,
        content: action === "log" ? log.body : undefined,
        role: action === "message" ? told.role : undefined,
        spanId: log.spanId,
      }),
    },
    options,
  );
}

interface ToldEvent {
  readonly source: Source;
  readonly action: string;
  readonly name: string | undefined;
  readonly role?: string;
  readonly failed?: boolean;
}

/** The last name is the fullest: `claude_code.tool_result` in the body, `tool_result` among the attributes. */
function classify(names: readonly string[], attributes: AttributeReader): ToldEvent | undefined {
  for (const name of names.toReversed()) {
    const told = toldBy(name, attributes);
    if (told !== undefined) return { source: codingAgents, name, ...told };
    if (name.startsWith("gen_ai.guardrail.")) return { source: genAi, action: "policy_decision", name };
  }
  return undefined;
}

/** Codex tells of a call that its policy did not allow as of one that failed, and of the policy in the output. */
function withDenial(facts: Facts): Facts {
  const by = facts.failed && facts.decision === undefined ? denialIn(facts.members.result) : undefined;
  return by === undefined ? facts : { ...facts, decision: "deny", members: { ...facts.members, decisionSource: by } };
}

function leftOut(log: OtlpLog, names: readonly string[]): Mapped {
  const likely = names.some((name) => /^[\w.-]+$/.test(name) && /tool/i.test(name)) || looksLikeCall(log.body);
  return likely
    ? refused("unknown_convention", notMapped("is a log record that speaks of a tool, of a kind that is not known"))
    : refused("unrelated", warning("left_out", "is a log record that tells of no tool, model, message or decision"));
}

/** The exporter's own time comes last: it may be that of a delivery. */
function timeOf(log: OtlpLog, attributes: AttributeReader): bigint | undefined {
  if (log.time !== undefined) return log.time;
  const stamp = readTime(attributes.takeOne("event.timestamp"), "UTC");
  return stamp === undefined ? log.observedTime : BigInt(stamp.ms) * 1_000_000n;
}

/** Log records have no id: the same content at the same nanosecond is the same record. */
function identityOf(log: OtlpLog, time: bigint | undefined, name: string | undefined): JsonValue[] {
  return [
    log.traceId ?? null,
    log.spanId ?? null,
    time === undefined ? null : String(time),
    name ?? null,
    asObject(log.origin.resource),
    asObject(log.attributes),
    log.body ?? null,
  ];
}
