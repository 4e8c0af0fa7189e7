import { createHash } from "node:crypto";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { uuidV8 } from "@agent-assembly/storage-core/backend";
import { createRandom, pick, type Random } from "./random.js";
import { decide, SAMPLE_AGENTS, type SampleAgent, type SampleTool } from "./scenario.js";

const SEED = 20_260_314;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAYS = 14;
/** How far the sample reaches back from its anchor. */
export const SAMPLE_SPAN_MS = DAYS * 24 * HOUR_MS;
/** Every day is like the one before, so that what changes at the end stands out. */
const SESSIONS_PER_DAY = 16;
const LONGEST_SESSION_MS = 30 * MINUTE_MS;

/** Large refunds that one agent tries in the last hours, all denied. */
const SURGE = { agentId: "support-bot", tool: "issue_refund", calls: 24, lastMs: 9 * HOUR_MS };

/** An event of the sample; its time is a distance back from the anchor, and its id depends on its position alone. */
export interface SampleEvent extends Omit<NewAuditEvent, "ts" | "eventId"> {
  readonly eventId: string;
  readonly beforeAnchorMs: number;
}

/** The bundled activity: the same on every call. */
export function createSample(): SampleEvent[] {
  const random = createRandom(SEED);
  const events = new EventList();
  const sessions = DAYS * SESSIONS_PER_DAY;
  for (let session = 0; session < sessions; session++) {
    const agent = SAMPLE_AGENTS[session % SAMPLE_AGENTS.length] as SampleAgent;
    const part = (sessions - session - random()) / sessions;
    const start = Math.floor(part * (SAMPLE_SPAN_MS - LONGEST_SESSION_MS)) + LONGEST_SESSION_MS;
    addSession(events, agent, `demo-session-${String(session + 1).padStart(3, "0")}`, start, random);
  }
  addSurge(events, random);
  addDecisions(events, random);
  return events.all;
}

type Added = Pick<SampleEvent, "beforeAnchorMs" | "sessionId"> &
  Pick<NewAuditEvent, "action" | "decision" | "dryRun" | "shadowDecision" | "matchedRuleId" | "payload">;

class EventList {
  readonly all: SampleEvent[] = [];

  add({ agentId, teamId }: Pick<SampleAgent, "agentId" | "teamId">, event: Added): void {
    this.all.push({ ...event, agentId, teamId, orgId: "acme", eventId: sampleId(this.all.length) });
  }
}

function addSession(events: EventList, agent: SampleAgent, sessionId: string, start: number, random: Random): void {
  let beforeAnchorMs = start;
  const calls = 3 + Math.floor(random() * 4);
  for (let call = 0; call < calls; call++) {
    addCall(events, agent, pick(random, agent.tools), random, (event) => {
      const added = { ...event, sessionId, beforeAnchorMs };
      beforeAnchorMs -= 400 + Math.floor(random() * 20_000);
      return added;
    });
  }
}

/** A decision where a rule speaks of the tool, and the call unless it was denied or waits for approval. */
function addCall(
  events: EventList,
  agent: SampleAgent,
  tool: SampleTool,
  random: Random,
  place: (event: Omit<Added, "beforeAnchorMs" | "sessionId">) => Added,
): void {
  const args = tool.arguments(random);
  const decided = decide(tool.name, args);
  if (decided !== undefined) {
    const payload = { tool: tool.name, arguments: args };
    events.add(agent, place({ action: "policy_decision", ...decided, payload }));
    if (decided.decision !== "allow") return;
  }
  const dryRun = decided?.dryRun === true;
  const payload = { tool: tool.name, arguments: args, ...(dryRun ? {} : { result: tool.result }) };
  events.add(agent, place({ action: "tool_call", decision: "allow", dryRun, payload }));
}

function addSurge(events: EventList, random: Random): void {
  const { agentId, tool, calls, lastMs } = SURGE;
  const agent = SAMPLE_AGENTS.find((each) => each.agentId === agentId) as SampleAgent;
  for (let call = 0; call < calls; call++) {
    const args = { order_id: `W${2_000_000 + call}`, amount: 260 + Math.floor(random() * 140), currency: "EUR" };
    events.add(agent, {
      action: "policy_decision",
      decision: "deny",
      matchedRuleId: "refund-limit",
      payload: { tool, arguments: args },
      sessionId: "demo-session-surge",
      beforeAnchorMs: Math.floor((lastMs * (calls - call)) / (calls + 1)),
    });
  }
}

const APPROVERS = ["dana", "li"];

/** The answers to the calls that waited for approval, most of them within minutes. */
function addDecisions(events: EventList, random: Random): void {
  const waiting = events.all.filter(({ decision }) => decision === "pending");
  for (const [index, { agentId, teamId, sessionId, beforeAnchorMs, payload }] of waiting.entries()) {
    const latencyMs = 20_000 + Math.floor(random() ** 3 * 40 * MINUTE_MS);
    const decision = random() < 0.8 ? "allow" : "deny";
    const approver = pick(random, APPROVERS);
    const { tool } = payload as { readonly tool: string };
    if (beforeAnchorMs < latencyMs) continue;
    events.add(
      { agentId, teamId: teamId as string },
      {
        action: "approval",
        decision,
        sessionId: sessionId as string,
        payload: {
          requestId: `aasm-demo-request-${index + 1}`,
          requestedAction: "tool_call",
          tool,
          decidedBy: "approver",
          approver,
          latencyMs,
        },
        beforeAnchorMs: beforeAnchorMs - latencyMs,
      },
    );
  }
}

function sampleId(position: number): string {
  return uuidV8(createHash("sha256").update(`agent-assembly demo ${SEED} ${position}`).digest("hex"));
}
