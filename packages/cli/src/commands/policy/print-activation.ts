import type { PolicyActivation } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { escapeText } from "../../terminal/escape.js";
import { formatRelative, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";

export async function printActivation(context: Context, activation: PolicyActivation): Promise<void> {
  if (context.json) {
    await context.out.line(formatJson(activation));
    return;
  }
  const { name, from, to, actor, at } = activation;
  const before = from === null ? "none was active before" : `version ${from} was active before`;
  await context.out.line(
    escapeText(
      `${name} version ${to} is active since ${formatTime(at)} (${formatRelative(at, context.now())}), set by ${actor}; ${before}`,
    ),
  );
}
