import type { JsonObject, JsonValue, NewAuditEvent } from "@agent-assembly/storage-core";
import { textProblem } from "@agent-assembly/storage-core/backend";
import { fitText } from "../../calls/fit-text.js";
import { digestOf, eventIdAt } from "../../calls/identity.js";
import { teamOf } from "./agents.js";
import { callIdsIn } from "./asked-calls.js";
import type { AttributeReader } from "./attributes.js";
import type { Facts } from "./facts.js";
import { fitPayload } from "./fit-payload.js";
import { isKept } from "./kept.js";
import { type Mapped, type MappingOptions, type MappingProblem, notMapped, refused, warning } from "./mapped.js";
import { Names } from "./names.js";
import type { OtlpAttributes, OtlpOrigin } from "./records.js";

const NS_PER_MS = 1_000_000n;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SESSION = new Names([
  "gen_ai.conversation.id",
  "session.id",
  "conversation.id",
  "mcp.session.id",
  "traceloop.association.properties.session_id",
  "langfuse.session.id",
]);
const EVENT_ID = new Names(["aasm.event_id"]);
const ORGANIZATION = new Names(["organization.id"]);
const SHADOW = new Names(["aasm.shadow_decision"]);
const DRY_RUN = new Names(["aasm.dry_run"]);

/** What a record tells. */
export interface Told {
  readonly action: string;
  readonly agentId: string | undefined;
  readonly attributes: AttributeReader;
  readonly facts: Facts;
  readonly origin: OtlpOrigin;
  readonly traceId: string | undefined;
  /** Nanoseconds since the epoch. */
  readonly time: bigint | undefined;
  /** When it ended, and so the answer came. */
  readonly end?: bigint | undefined;
  /** What makes it this record: the same for each delivery. */
  readonly identity: readonly JsonValue[];
  /** What went wrong, where that is not among the attributes. */
  readonly error: string | undefined;
  /** The tool, where the attributes do not name it. */
  readonly tool: string | undefined;
  /** Further members of the payload. */
  readonly details: JsonObject;
}

type MappedDraft = { -readonly [Member in keyof NewAuditEvent]: NewAuditEvent[Member] } & {
  readonly eventId: string;
  readonly payload: JsonObject;
};

/** The event of what a record tells. */
export function toEvent(told: Told, options: MappingOptions): Mapped {
  const { attributes, facts, origin } = told;
  const problems: MappingProblem[] = [...facts.problems];
  const tool = facts.tool ?? told.tool;
  const wrong = told.action === "tool_call" || tool !== undefined ? textProblem(tool) : undefined;
  if (wrong !== undefined) return refused("no_tool", notMapped(`is a call whose tool ${wrong}`));
  const agentId = options.agentId ?? told.agentId;
  if (agentId === undefined) {
    const reason = "names no agent (gen_ai.agent.id, gen_ai.agent.name, service.name): say whose it is";
    return refused("no_agent", notMapped(reason));
  }

  const { failed } = facts;
  const ms = told.time === undefined ? options.assumedTime : Number(told.time / NS_PER_MS);
  if (ms === undefined) return refused("no_time", notMapped("has no time"));
  if (told.time === undefined) problems.push(warning("unread_time", "has no time; that of its neighbours was taken"));
  const digest = digestOf("aasm-otlp/1", ...told.identity);
  const given = attributes.text(EVENT_ID);
  if (given !== undefined && !UUID.test(given)) {
    problems.push(warning("left_out", "aasm.event_id is no UUID; the event got one that is made from the record"));
  }
  const teamId = teamOf(attributes, options.teamId);
  const orgId = attributes.idOfAny(ORGANIZATION);
  const sessionId = attributes.idOfAny(SESSION);
  const shadow = attributes.text(SHADOW);
  const dryRun = attributes.flag(DRY_RUN);
  const decision = facts.decision ?? (failed ? "error" : (options.decision ?? "observed"));

  const payload: JsonObject = {};
  if (tool !== undefined) payload.tool = tool;
  addMembers(payload, facts.members);
  if (failed) payload.error = told.error ?? facts.error ?? true;
  addMembers(payload, told.details);
  const source = sourceOf(origin);
  if (!isEmpty(source)) payload.source = source;
  if (told.time === undefined) payload.timeAssumed = true;
  const rest = keep(attributes, options, problems);
  if (!isEmpty(rest.kept)) payload.attributes = rest.kept;

  const event: MappedDraft = {
    ts: new Date(ms),
    eventId: given !== undefined && UUID.test(given) ? given.toLowerCase() : eventIdAt(withinMs(told.time), digest),
    agentId: fitText(agentId),
    action: fitText(told.action),
    decision: fitText(decision),
    payload: fitted(payload, options),
  };
  if (teamId !== undefined) event.teamId = fitText(teamId);
  if (orgId !== undefined) event.orgId = fitText(orgId);
  if (sessionId !== undefined) event.sessionId = fitText(sessionId);
  if (told.traceId !== undefined) event.traceId = fitText(told.traceId);
  if (dryRun !== undefined) event.dryRun = dryRun;
  if (shadow !== undefined) event.shadowDecision = fitText(shadow);
  if (facts.rule !== undefined) event.matchedRuleId = fitText(facts.rule);
  const isAnswered = options.answers !== false && told.action === "tool_call" && (facts.answered || failed);
  const answer = isAnswered ? toAnswer(event, digest, told) : undefined;
  return {
    events: [{ event, ...(answer === undefined ? {} : { answer }), asked: facts.asked }],
    problems,
    mentioned: rest.mentioned,
  };
}

/** Copies members, whose names are ours. */
function addMembers(payload: JsonObject, members: JsonObject): void {
  for (const name in members) payload[name] = members[name] as JsonValue;
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

function fitted(payload: JsonObject, { redact, limits }: MappingOptions): JsonObject {
  const shown = redact === undefined ? payload : redact(payload);
  return limits === undefined ? shown : fitPayload(shown, limits);
}

function toAnswer(
  event: NewAuditEvent & { readonly payload: JsonObject; readonly eventId: string },
  digest: string,
  told: Told,
): NewAuditEvent {
  const { tool, result, error, toolCallId, source, span } = event.payload;
  const members = { tool, result, error, toolCallId, span, source };
  const outcome = digestOf(digest, result ?? null, error ?? null);
  const ms = told.end === undefined ? event.ts.getTime() : Number(told.end / NS_PER_MS);
  return {
    ...event,
    ts: new Date(ms),
    eventId: eventIdAt(withinMs(told.end ?? told.time), outcome),
    action: "tool_result",
    payload: { call: event.eventId, ...definedOf(members) },
  };
}

/** Nanoseconds within the millisecond: events of one millisecond are ordered by their ids. */
function withinMs(time: bigint | undefined): number {
  return time === undefined ? 0 : Number(time % NS_PER_MS);
}

function sourceOf({ resource, scope, schemaUrl }: OtlpOrigin): JsonObject {
  const source: JsonObject = {};
  const service = resource.get("service.name");
  if (service !== undefined) source.service = service;
  if (scope.name !== undefined) source.scope = scope.name;
  if (schemaUrl !== undefined) source.schemaUrl = schemaUrl;
  return source;
}

function keep(
  attributes: AttributeReader,
  { keepAttributes = "known" }: MappingOptions,
  problems: MappingProblem[],
): { kept: JsonObject; mentioned: string[] } {
  const kept: JsonObject = {};
  const left: (readonly [string, JsonValue])[] = [];
  for (const entry of attributes.rest) {
    const [name, value] = entry;
    if (keepAttributes === "all" || isKept(name)) setMember(kept, name, value);
    else left.push(entry);
  }
  if (left.length > 0) {
    problems.push(
      warning(
        "left_out",
        "has attributes that are not kept: what was said to a model and by it, and what has no known name",
      ),
    );
  }
  return {
    kept,
    mentioned: left.flatMap(([name, value]) => callIdsIn(name, value)),
  };
}

/** Attributes as one value, whose digest does not depend on their order. */
export function asObject(attributes: OtlpAttributes): JsonObject {
  return Object.fromEntries(attributes);
}

/** Without the members that are `undefined`, whose names are ours. */
export function definedOf(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const defined: JsonObject = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) defined[name] = value;
  }
  return defined;
}

/** An attribute may be called `__proto__`, which an assignment would take for the prototype. */
function setMember(object: JsonObject, name: string, value: JsonValue): void {
  if (name === "__proto__") Object.defineProperty(object, name, { value, enumerable: true });
  else object[name] = value;
}
