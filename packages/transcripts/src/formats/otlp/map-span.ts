import type { JsonObject } from "@agent-assembly/storage-core";
import type { RequestAgents } from "./agents.js";
import { AttributeReader } from "./attributes.js";
import { readFacts } from "./facts.js";
import { type Mapped, type MappingOptions, notMapped, refused, warning } from "./mapped.js";
import { isMessage, mapMessage } from "./messages.js";
import type { OtlpSpan, OtlpSpanEvent } from "./records.js";
import { actionOf, codingAgents, unknown } from "./sources/index.js";
import { asObject, toEvent } from "./to-event.js";

/** Attributes that only tools have, of conventions that are not known. */
const OF_TOOL = /(?:^|[._])tool(?:[._]|$)|tool_?call/i;

/** The events of a span: what it tells, and the messages in it. @param agents of the request it came in */
export function mapSpan(span: OtlpSpan, agents: RequestAgents, options: MappingOptions): Mapped {
  const own = mapOwn(span, agents, options);
  if (span.events.length === 0) return own;
  const rest = span.events.filter(({ name }) => name !== "exception");
  const messages = rest.flatMap((event, index) =>
    isMessage(event.name) ? [mapMessageOf(span, event, index, agents, options)] : [],
  );
  const hasOthers = rest.length > messages.length && own.events.length > 0;
  return {
    events: [own, ...messages].flatMap(({ events }) => events),
    problems: [
      ...[own, ...messages].flatMap(({ problems }) => problems),
      ...(hasOthers ? [warning("left_out", "has events in it that are no messages")] : []),
    ],
    mentioned: [own, ...messages].flatMap(({ mentioned }) => mentioned),
    refusal: own.refusal,
  };
}

function mapOwn(span: OtlpSpan, agents: RequestAgents, options: MappingOptions): Mapped {
  const attributes = new AttributeReader(span.attributes, span.origin.resource);
  // One that is still running comes again, with the same ids, when it has ended.
  const pending = isPending(attributes);
  const isStored = options.unmapped === "store" && !pending;
  const known = pending ? undefined : actionOf(span, attributes);
  const isNone = known?.action === "none";
  const told = known === undefined || isNone ? isStored && { source: unknown, action: "span" } : known;
  if (told === false) return leftOut(attributes, isNone);
  const { source, action } = told;
  const own = readFacts({ source, action, attributes, failed: span.failed });
  const facts = source === codingAgents ? { ...own, ...agents.outcomeOf(span) } : own;
  const exception = span.events.find(({ name }) => name === "exception");
  const text = exception?.attributes.get("exception.message");
  const agentId = agents.agentOf(span, attributes);
  return toEvent(
    {
      action,
      agentId,
      attributes,
      facts,
      origin: span.origin,
      traceId: span.traceId,
      time: span.start ?? span.end,
      end: span.end,
      identity: identityOf(span),
      error: span.message ?? (typeof text === "string" && text !== "" ? text : undefined),
      tool: action === "tool_call" ? toolInName(span.name) : undefined,
      details: { span: aboutSpan(span) },
    },
    options,
  );
}

/** @param isKnown to be no event */
function leftOut(attributes: AttributeReader, isKnown: boolean): Mapped {
  const isOther = warning("left_out", "is a span that tells of no tool, model, agent or decision");
  if (isPending(attributes)) return refused("pending", isOther);
  const likely = !isKnown && [...attributes.names].some((name) => OF_TOOL.test(name));
  return likely
    ? refused("unknown_convention", notMapped("has attributes of a tool, of a convention that is not known"))
    : refused("unrelated", isOther);
}

/** Spans that Logfire sends when one begins: the span itself comes when it has ended. */
function isPending(attributes: AttributeReader): boolean {
  return attributes.peek("logfire.span_type") === "pending_span";
}

/** A span without ids is known by its content. @param part of the span */
function identityOf(span: OtlpSpan, part = ""): (string | JsonObject | null)[] {
  if (span.traceId !== undefined && span.spanId !== undefined) return [span.traceId, span.spanId, part];
  const times = `${span.start ?? ""} ${span.end ?? ""}`;
  return [span.name, times, part, asObject(span.attributes), asObject(span.origin.resource)];
}

function aboutSpan(span: OtlpSpan): JsonObject {
  const { start, end } = span;
  const about: JsonObject = { name: span.name };
  if (span.spanId !== undefined) about.id = span.spanId;
  if (span.parentSpanId !== undefined) about.parent = span.parentSpanId;
  if (span.kind !== undefined) about.kind = span.kind;
  if (start !== undefined && end !== undefined && end >= start) about.durationMs = Number(end - start) / 1e6;
  return about;
}

/** Conventions have the tool in the name of the span, too. */
function toolInName(name: string): string | undefined {
  const [, tool] =
    /^(?:execute_tool|tools\/call|running tool:?)\s+(.+)$/s.exec(name) ?? /^(.+)\.tool$/s.exec(name) ?? [];
  if (tool !== undefined) return tool;
  return ["execute_tool", "tools/call", "running tool", "tool"].includes(name) ? undefined : name;
}

function mapMessageOf(
  span: OtlpSpan,
  event: OtlpSpanEvent,
  index: number,
  agents: RequestAgents,
  options: MappingOptions,
): Mapped {
  return mapMessage(
    {
      name: event.name,
      origin: span.origin,
      traceId: span.traceId,
      spanId: span.spanId,
      time: event.time ?? span.start,
      body: undefined,
      attributes: event.attributes,
      identity: identityOf(span, `event/${index}`),
    },
    agents,
    options,
  );
}
