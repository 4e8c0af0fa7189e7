import { UsageError } from "../exit.js";

const MAX_LENGTH = 512;

/** A text that is stored as it is, such as a reason. @throws UsageError */
export function parseText(option: string, text: string, what: string): string {
  if (text.trim() !== "" && text.length <= MAX_LENGTH && !text.includes("\u0000") && text.isWellFormed()) return text;
  const shown = text.length > 80 ? `a text of ${text.length} characters` : JSON.stringify(text);
  throw new UsageError(`${option} is ${shown}; allowed: ${what}, 1 to ${MAX_LENGTH} characters`);
}
