import type { NewAuditEvent } from "@agent-assembly/storage-core";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

export const AGENTS = 200;
const TOOLS = 20;
const TEAMS = 8;
export const SESSION_EVENTS = 40;
export const TRACE_EVENTS = 10;

const WORDS =
  "order customer invoice search result status update record address ticket message report summary total price region stock".split(
    " ",
  );

/** Events at even distances over the year that ends an hour ago, the same for the same `now`. */
export class YearOfEvents {
  readonly start: number;
  readonly #step: number;

  constructor(
    readonly count: number,
    now: number,
  ) {
    this.start = Math.floor((now - HOUR_MS - YEAR_MS) / DAY_MS) * DAY_MS;
    this.#step = (now - HOUR_MS - this.start) / count;
  }

  /** Those from one number on, in order of time. */
  slice(from: number, length: number): NewAuditEvent[] {
    return Array.from({ length }, (_, n) => this.#event(from + n));
  }

  #event(n: number): NewAuditEvent {
    const ts = new Date(this.start + Math.floor(n * this.#step));
    const agent = agentOf(n);
    const tool = mixed(n, 2) % TOOLS;
    return {
      ts,
      eventId: eventIdOf(n),
      agentId: `agent-${agent}`,
      teamId: `team-${agent % TEAMS}`,
      sessionId: `session-${agent}-${Math.floor(n / (AGENTS * SESSION_EVENTS))}`,
      traceId: `trace-${agent}-${Math.floor(n / (AGENTS * TRACE_EVENTS))}`,
      action: "tool_call",
      decision: mixed(n, 3) % 20 === 0 ? "deny" : "allow",
      matchedRuleId: `rule-${mixed(n, 4) % 12}`,
      payload: {
        tool: `tool-${tool}`,
        arguments: { query: text(n, 5, 4 + (tool % 8)), limit: 20 + tool, customer: `c-${mixed(n, 6) % 50_000}` },
        result: { status: "ok", rows: mixed(n, 7) % 100, text: text(n, 8, 10 + (mixed(n, 9) % 40)) },
      },
    };
  }
}

/**
 * Whose event it is: a few agents have most of the work, as is usual. The first ten have over a hundred of ten thousand
 * events each.
 */
export function agentOf(n: number): number {
  return Math.floor(AGENTS * (mixed(n, 1) / 2 ** 32) ** 2);
}

function eventIdOf(n: number): string {
  const random = [mixed(n, 10), mixed(n, 11)].map((part) => part.toString(16).padStart(8, "0")).join("");
  return `${random.slice(0, 8)}-${random.slice(8, 12)}-4${random.slice(13, 16)}-8000-${n.toString(16).padStart(12, "0")}`;
}

function text(n: number, salt: number, words: number): string {
  let state = mixed(n, salt);
  let made = "";
  for (let word = 0; word < words; word++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    made += `${word === 0 ? "" : " "}${WORDS[(state >>> 16) % WORDS.length]}`;
  }
  return `${made} ${state}`;
}

/** 32 bits that look random, of a number and of what they are for. */
function mixed(n: number, salt: number): number {
  let h = Math.imul(n ^ Math.floor(n / 2 ** 32), 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
