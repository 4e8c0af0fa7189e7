import { createHash } from "node:crypto";
import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { uuidV8 } from "../audit/import/openai-chat/identity.js";
import { decide, SAMPLE_AGENTS, type SampleAgent } from "./scenario.js";

const SEED = 20_240_501;
const SESSIONS = 72;
const MINUTE_MS = 60_000;
/** How far the sample reaches back from its anchor. */
export const SAMPLE_SPAN_MS = 3 * 24 * 60 * MINUTE_MS;

/** An event of the sample; its time is a distance back from the anchor, and its id depends on its position alone. */
export interface SampleEvent extends Omit<NewAuditEvent, "ts" | "eventId"> {
  readonly eventId: string;
  readonly beforeAnchorMs: number;
}

/** The bundled activity: the same on every call. */
export function createSample(): SampleEvent[] {
  const random = createRandom(SEED);
  const events: SampleEvent[] = [];
  for (let session = 0; session < SESSIONS; session++) {
    const agent = pick(random, SAMPLE_AGENTS);
    // Squared, so that activity grows towards the present as it does in a system that is being taken into use.
    const start = Math.floor(random() ** 2 * (SAMPLE_SPAN_MS - 30 * MINUTE_MS)) + 20 * MINUTE_MS;
    addSession(events, agent, `demo-session-${String(session + 1).padStart(3, "0")}`, start, random);
  }
  return events;
}

function addSession(
  events: SampleEvent[],
  agent: SampleAgent,
  sessionId: string,
  start: number,
  random: () => number,
): void {
  let beforeAnchorMs = start;
  const add = (
    event: Omit<SampleEvent, "eventId" | "beforeAnchorMs" | "agentId" | "teamId" | "orgId" | "sessionId">,
  ): void => {
    const { agentId, teamId } = agent;
    events.push({
      ...event,
      agentId,
      teamId,
      orgId: "acme",
      sessionId,
      eventId: sampleId(events.length),
      beforeAnchorMs,
    });
    beforeAnchorMs -= 400 + Math.floor(random() * 20_000);
  };
  const calls = 3 + Math.floor(random() * 4);
  for (let call = 0; call < calls; call++) {
    const tool = pick(random, agent.tools);
    const args = tool.arguments(random);
    const decided = decide(tool.name, args);
    if (decided !== undefined) {
      add({ action: "policy_decision", ...decided, payload: { tool: tool.name, arguments: args } });
      // What was denied or waits for approval did not happen.
      if (decided.decision !== "allow") continue;
    }
    const dryRun = decided?.dryRun === true;
    const payload = { tool: tool.name, arguments: args, ...(dryRun ? {} : { result: tool.result }) };
    add({ action: "tool_call", decision: "allow", dryRun, payload });
  }
}

function sampleId(position: number): string {
  return uuidV8(createHash("sha256").update(`agent-assembly demo ${SEED} ${position}`).digest());
}

/** Numbers from 0 up to 1 that are the same on every run and machine (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}
