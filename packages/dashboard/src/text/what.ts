import type { EventRow } from "../server/wire.js";

/** What an event is about in one word: its tool, of a governance event the change, else its action. */
export function whatOf({ tool, action, preview }: Pick<EventRow, "tool" | "action" | "preview">): string {
  if (tool !== undefined) return tool;
  const change = action === "governance" ? /^\{"change":"([a-z_.]+)"/.exec(preview ?? "")?.[1] : undefined;
  return change ?? action;
}
