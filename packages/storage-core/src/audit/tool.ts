import { textProblem } from "../support/text.js";

/** The tool an event's payload names: its member `tool` when that is a storable text, else `null`. */
export function toolOf(payload: unknown): string | null {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return null;
  const tool = (payload as { tool?: unknown }).tool;
  return textProblem(tool) === undefined ? (tool as string) : null;
}
