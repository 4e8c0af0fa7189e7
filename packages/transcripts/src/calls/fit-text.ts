import { createHash } from "node:crypto";
import { MAX_TEXT_LENGTH, textProblem } from "@agent-assembly/storage-core/backend";

/** A name that can be stored: what is too long is cut and gets a digest; what no text column holds is replaced. */
export function fitText(name: string): string {
  if (textProblem(name) === undefined) return name;
  const clean = name.replaceAll("\0", "\ufffd").toWellFormed();
  if (clean.length <= MAX_TEXT_LENGTH) return clean;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${clean.slice(0, MAX_TEXT_LENGTH - 17).toWellFormed()}~${digest}`;
}
