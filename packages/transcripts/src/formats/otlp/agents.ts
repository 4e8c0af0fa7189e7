import { AttributeReader } from "./attributes.js";
import { Names } from "./names.js";
import { isSpan, type OtlpAttributes, type OtlpLog, type OtlpSpan } from "./records.js";
import { type CallOutcome, outcomeOfCall } from "./sources/coding-agents.js";
import { actionOf } from "./sources/index.js";

const IDS = ["aasm.agent_id", "gen_ai.agent.id", "gen_ai.agent.name"];
const NAMES = new Names(IDS);
/** Under these names a span of an agent says whose it is. */
const NAMES_OF_AGENT_SPANS = new Names([...IDS, "agent.name", "traceloop.entity.name"]);
const NAMES_OF_RESOURCES = new Names([...IDS, "agent.name", "service.name"]);
const TEAM_ID = new Names(["aasm.team_id"]);
const TEAM = new Names(["team.id"]);
const NONE: OtlpAttributes = new Map();
const AGENT_ACTIONS = ["invoke_agent", "agent_lifecycle"];
/** Spans lie in each other a few dozen deep; parents that go in a circle end here. */
const MOST_PARENTS = 100;

/** What a record is of. */
export interface RecordInSpan {
  readonly traceId: string | undefined;
  /** The span it is in, or is. */
  readonly spanId: string | undefined;
  readonly origin: { readonly resource: OtlpAttributes };
}

/** A span that records may be in. */
interface Around {
  readonly span: OtlpSpan;
  /** Whose it is, once that was asked; `null` for none. */
  agent?: string | null;
}

/** Who did what the records of one request tell of. */
export class RequestAgents {
  /** Made for the first record that names no agent itself. */
  #spans: Map<string, Around> | undefined;
  #resource: OtlpAttributes = NONE;
  #agentOfResource: string | undefined;

  /** Made for the first call that another span may tell more of. */
  #outcomes: Map<string, CallOutcome> | undefined;

  /** @param records of the request */
  constructor(private readonly records: readonly (OtlpSpan | OtlpLog)[]) {}

  /** The agent that a record names, or that a span around it names, or its resource. */
  agentOf(record: RecordInSpan, attributes: AttributeReader): string | undefined {
    return (
      attributes.id(NAMES) ?? this.#around(record.traceId, record.spanId) ?? this.#ofResource(record.origin.resource)
    );
  }

  /** What another span of the request tells of a call, where its own does not. */
  outcomeOf({ traceId, spanId }: OtlpSpan): CallOutcome | undefined {
    this.#outcomes ??= outcomesOf(this.records);
    return this.#outcomes.get(`${traceId} ${spanId}`);
  }

  #around(traceId: string | undefined, spanId: string | undefined): string | undefined {
    if (spanId === undefined) return undefined;
    this.#spans ??= spansOf(this.records);
    let id: string | undefined = spanId;
    for (let count = 0; id !== undefined && count < MOST_PARENTS; count++) {
      const around = this.#spans.get(`${traceId} ${id}`);
      if (around === undefined) return undefined;
      around.agent ??= agentOfSpan(around.span) ?? null;
      if (around.agent !== null) return around.agent;
      id = around.span.parentSpanId;
    }
    return undefined;
  }

  /** Records of one resource follow each other. */
  #ofResource(resource: OtlpAttributes): string | undefined {
    if (resource === this.#resource) return this.#agentOfResource;
    this.#resource = resource;
    this.#agentOfResource = agentOfResource(resource);
    return this.#agentOfResource;
  }
}

/** By the span of the call. */
function outcomesOf(records: readonly (OtlpSpan | OtlpLog)[]): Map<string, CallOutcome> {
  const outcomes = new Map<string, CallOutcome>();
  for (const record of records) {
    if (!isSpan(record) || record.traceId === undefined || record.parentSpanId === undefined) continue;
    const outcome = outcomeOfCall(record);
    if (outcome !== undefined) outcomes.set(`${record.traceId} ${record.parentSpanId}`, outcome);
  }
  return outcomes;
}

function spansOf(records: readonly (OtlpSpan | OtlpLog)[]): Map<string, Around> {
  const spans = new Map<string, Around>();
  for (const record of records) {
    if (!isSpan(record) || record.traceId === undefined || record.spanId === undefined) continue;
    spans.set(`${record.traceId} ${record.spanId}`, { span: record });
  }
  return spans;
}

/** Whose a measurement is: the agent and the team that its attributes or its resource name. @param teamId of the sender */
export function ownersIn(
  attributes: OtlpAttributes,
  resource: OtlpAttributes,
  teamId: string | undefined,
): { readonly agentId: string | undefined; readonly teamId: string | undefined } {
  const own = new AttributeReader(attributes, resource);
  return { agentId: own.id(NAMES) ?? agentOfResource(resource), teamId: teamOf(own, teamId) };
}

/** The team that a record names, else that of its sender. */
export function teamOf(attributes: AttributeReader, sender: string | undefined): string | undefined {
  return attributes.idOfAny(TEAM_ID) ?? sender ?? attributes.idOfAny(TEAM);
}

function agentOfResource(resource: OtlpAttributes): string | undefined {
  return new AttributeReader(resource, NONE).id(NAMES_OF_RESOURCES);
}

/** The agent whose work a span is, when it is that of an agent. */
function agentOfSpan(span: OtlpSpan): string | undefined {
  const attributes = new AttributeReader(span.attributes, span.origin.resource);
  const action = actionOf(span, attributes)?.action;
  return action !== undefined && AGENT_ACTIONS.includes(action) ? attributes.id(NAMES_OF_AGENT_SPANS) : undefined;
}
