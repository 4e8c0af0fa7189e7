import type { HoldScope } from "@agent-assembly/storage-core";
import { type RangeOptions, toRange } from "../../args/time.js";
import { actorName, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";
import { scopeText } from "./view-holds.js";

interface HoldAddOptions extends RangeOptions {
  readonly reason: string;
  readonly agent?: string;
  readonly team?: string;
  readonly all?: boolean;
  readonly actor?: string;
}

export async function holdAdd(context: Context, options: HoldAddOptions): Promise<ExitCode> {
  const reason = parseText("--reason", options.reason, "why it is kept");
  const scope = scopeOf(options, context.now());
  return context.withStorage(async (storage) => {
    const hold = await storage.tiers.placeHold({ ...scope, reason, placedBy: actorName(options.actor) });
    await context.out.line(
      context.json
        ? formatJson(hold)
        : escapeText(`Legal hold ${hold.holdId} keeps ${scopeText(hold)} until it is released.`),
    );
    return EXIT.ok;
  });
}

function scopeOf(options: HoldAddOptions, now: number): HoldScope {
  const { agent, team, all } = options;
  const scope: HoldScope = {
    ...(agent !== undefined && { agentId: parseText("--agent", agent, "an agent id") }),
    ...(team !== undefined && { teamId: parseText("--team", team, "a team id") }),
    ...toRange(options, now),
  };
  const narrowed = Object.keys(scope).length > 0;
  if (all === true && narrowed) throw new UsageError("--all is everything; leave it out, or the narrower options");
  if (all !== true && !narrowed) {
    throw new UsageError("a hold needs --agent, --team, --from or --to; --all holds everything there is and will be");
  }
  return scope;
}
