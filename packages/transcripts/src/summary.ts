import { detached } from "./calls/detached.js";
import type { TranscriptFormat } from "./format-names.js";
import type { TranscriptItem, TranscriptProblem } from "./item.js";

/** Equal problems of one source. */
export interface ProblemGroup extends TranscriptProblem {
  /** How many there are; `place` is that of the first one. */
  readonly count: number;
}

/** Kinds of problems that are kept: a source of another kind is wrong in each line, and a hundred say as much as a million. */
const MOST_GROUPS = 100;

/** Sessions and agents that are counted. */
const MOST_NAMES = 100_000;

/** What a source holds, in figures. */
export class TranscriptSummary {
  readonly formats = new Set<TranscriptFormat>();
  /** The first 100,000 of each. */
  readonly sessions = new Set<string>();
  readonly agents = new Set<string>();
  /** Whether there are more of either than are counted. */
  more = false;
  /** Events whose action is `tool_call`. */
  calls = 0;
  /** All events, answers that are events of their own among them. */
  events = 0;
  /** Events whose time was assumed. */
  assumedTimes = 0;
  /** Problems of severity `error`, and of severity `warning`. */
  errors = 0;
  warnings = 0;
  /** Times of the events; absent while there are none. */
  from: Date | undefined;
  to: Date | undefined;
  readonly #problems = new Map<string, ProblemGroup>();

  /** Equal problems are one, in the order in which the first of them came. */
  get problems(): readonly ProblemGroup[] {
    return [...this.#problems.values()];
  }

  add(item: TranscriptItem): void {
    if ("problem" in item) {
      this.addProblem(item.problem);
      return;
    }
    const { format, event } = item;
    this.formats.add(format);
    this.events++;
    if (event.action === "tool_call") this.calls++;
    this.#count(this.sessions, event.sessionId);
    this.#count(this.agents, event.agentId);
    if (this.from === undefined || event.ts < this.from) this.from = event.ts;
    if (this.to === undefined || event.ts > this.to) this.to = event.ts;
    const { payload } = event;
    if (typeof payload === "object" && payload !== null && !Array.isArray(payload) && payload.timeAssumed === true) {
      this.assumedTimes++;
    }
  }

  /** @param name exported events are checked by the store, which comes later: it may be anything */
  #count(names: Set<string>, name: unknown): void {
    if (typeof name !== "string" || names.has(name)) return;
    if (names.size < MOST_NAMES) names.add(detached(name));
    else this.more = true;
  }

  addProblem(problem: TranscriptProblem): void {
    if (problem.severity === "error") this.errors++;
    else this.warnings++;
    const key = `${problem.code} ${problem.reason}`;
    const known = this.#problems.get(key);
    if (known !== undefined) this.#problems.set(key, { ...known, count: known.count + 1 });
    else if (this.#problems.size < MOST_GROUPS) this.#problems.set(key, { ...problem, count: 1 });
  }
}
