import { AttributeReader } from "./attributes.js";
import type { OtlpAttributes, OtlpSpan } from "./records.js";
import { type CallOutcome, outcomeOfCall } from "./sources/coding-agents.js";
import { SOURCES } from "./sources/index.js";

const NAMES = ["aasm.agent_id", "gen_ai.agent.id", "gen_ai.agent.name"];
/** Under these names a span of an agent says whose it is. */
const NAMES_OF_AGENT_SPANS = [...NAMES, "agent.name", "traceloop.entity.name"];
const NAMES_OF_RESOURCES = ["aasm.agent_id", "gen_ai.agent.id", "gen_ai.agent.name", "agent.name", "service.name"];
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

/** Who did what the records of one request tell of. */
export class RequestAgents {
  readonly #spans = new Map<string, { readonly parent: string | undefined; readonly agent: string | undefined }>();

  readonly #outcomes = new Map<string, CallOutcome>();

  /** @param spans of the request that the records came in */
  constructor(spans: Iterable<OtlpSpan>) {
    for (const span of spans) {
      const { traceId, spanId, parentSpanId } = span;
      if (traceId === undefined || spanId === undefined) continue;
      this.#spans.set(`${traceId} ${spanId}`, { parent: parentSpanId, agent: agentOfSpan(span) });
      const outcome = parentSpanId === undefined ? undefined : outcomeOfCall(span);
      if (outcome !== undefined) this.#outcomes.set(`${traceId} ${parentSpanId}`, outcome);
    }
  }

  /** The agent that a record names, or that a span around it names, or its resource. */
  agentOf(record: RecordInSpan, attributes: AttributeReader): string | undefined {
    return (
      attributes.id(NAMES) ?? this.#around(record.traceId, record.spanId) ?? agentOfResource(record.origin.resource)
    );
  }

  /** What another span of the request tells of a call, where its own does not. */
  outcomeOf({ traceId, spanId }: OtlpSpan): CallOutcome | undefined {
    return this.#outcomes.size === 0 ? undefined : this.#outcomes.get(`${traceId} ${spanId}`);
  }

  #around(traceId: string | undefined, spanId: string | undefined): string | undefined {
    let id = spanId;
    for (let count = 0; id !== undefined && count < MOST_PARENTS; count++) {
      const span = this.#spans.get(`${traceId} ${id}`);
      if (span === undefined) return undefined;
      if (span.agent !== undefined) return span.agent;
      id = span.parent;
    }
    return undefined;
  }
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
  return attributes.idOfAny(["aasm.team_id"]) ?? sender ?? attributes.idOfAny(["team.id"]);
}

function agentOfResource(resource: OtlpAttributes): string | undefined {
  return new AttributeReader(resource, NONE).id(NAMES_OF_RESOURCES);
}

/** The agent whose work a span is, when it is that of an agent. */
function agentOfSpan(span: OtlpSpan): string | undefined {
  const attributes = new AttributeReader(span.attributes, span.origin.resource);
  const action = SOURCES.map((source) => source.action(span, attributes)).find((told) => told !== undefined);
  return action !== undefined && AGENT_ACTIONS.includes(action) ? attributes.id(NAMES_OF_AGENT_SPANS) : undefined;
}
