/** What a path takes. */
export type OtlpSignal = "traces" | "logs" | "metrics";

/** One item of a request that was not stored. */
export interface RejectedItem {
  /** Its place among the items of the request, counted from 0. */
  readonly index: number;
  readonly code: string;
  /** What is wrong with it, in a few words; never a value. */
  readonly reason: string;
}

/** What became of the items of one request; all others are stored. */
export interface Outcome {
  readonly items: number;
  /** In order of their places, each once. */
  readonly rejected: readonly RejectedItem[];
  /** Numbers of items that tell of no work of an agent, by reason. */
  readonly ignored: ReadonlyMap<string, number>;
}

const ITEMS: Readonly<Record<OtlpSignal, string>> = { traces: "span", logs: "log record", metrics: "data point" };
const NAMED = 5;
const MAX_MESSAGE = 1024;

/** What a client is told of rejected items: how many, and of the first ones place and reason; `""` where there are none. */
export function rejectionMessage(signal: OtlpSignal, { rejected }: Outcome): string {
  if (rejected.length === 0) return "";
  const named = rejected
    .slice(0, NAMED)
    .map(({ index, code, reason }) => `${ITEMS[signal]} ${index + 1} ${code}${reason === "" ? "" : ` (${reason})`}`);
  const more = rejected.length > NAMED ? ", and others" : "";
  return `${rejected.length} rejected: ${named.join(", ")}${more}`.slice(0, MAX_MESSAGE);
}

/** What a client is told of items that are left out on purpose; `""` where there are none. */
export function ignoredMessage(signal: OtlpSignal, { ignored, items }: Outcome): string {
  const count = [...ignored.values()].reduce((sum, one) => sum + one, 0);
  if (count === 0) return "";
  const reasons = [...ignored].map(([reason, number]) => `${number} ${reason}`).join(", ");
  const message = `${count} of ${items} ${ITEMS[signal]}s tell of no work of an agent and are not stored: ${reasons}.`;
  return `${message} Events are made of calls of tools and models, decisions, messages and agents.`;
}
