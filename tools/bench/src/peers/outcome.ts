/** What is measured, in the order of the table, with its unit. */
export const WORKS = {
  single: "events/s",
  burst: "events/s",
  batch: "events/s",
  newest: "queries/s",
  log: "events/s",
  bytes: "bytes/event",
} as const;

export type Work = keyof typeof WORKS;

/** A figure in the unit of its work; or why there is none. */
export type Outcome = { readonly value: number } | { readonly problem: string };

/** The figure of a call that an interface does not have. */
export const NO_SUCH_CALL = "no such call";

/** The first line of a message. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] as string;
}
