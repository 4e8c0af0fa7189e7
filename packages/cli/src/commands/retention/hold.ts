import {
  type HoldRelease,
  type HoldScope,
  isStorageError,
  type LegalHold,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import { type RangeOptions, toRange } from "../../args/time.js";
import { actorName, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";
import { renderHolds, scopeText } from "./view-hold.js";

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
  return context.changeStorage(async (storage) => {
    const hold = await storage.holds.place({ ...scope, reason, actor: actorName(options.actor) });
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
  if (all === true && narrowed)
    throw new UsageError("--all covers everything; leave it out, or leave out the narrower options");
  if (all !== true && !narrowed) {
    throw new UsageError("a hold needs --agent, --team, --from or --to; --all holds all present and future data");
  }
  return scope;
}

export async function holdList(context: Context, options: { readonly released?: boolean }): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const items = await storage.holds.list({ released: options.released === true });
    if (context.json) await context.out.line(formatJson({ items }));
    else if (items.length === 0) await context.out.line("No legal holds.");
    else await context.out.write(renderHolds(items, context.width, context.style));
    return EXIT.ok;
  });
}

interface HoldReleaseOptions {
  readonly reason: string;
  readonly actor?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function holdRelease(context: Context, options: HoldReleaseOptions, holdId: string): Promise<ExitCode> {
  if (!UUID.test(holdId)) {
    throw new UsageError(`id is ${JSON.stringify(holdId)}; allowed: a hold id, as aasm retention hold list shows them`);
  }
  const reason = parseText("--reason", options.reason, "why it is released");
  return context.changeStorage(async (storage) => {
    const hold = await release(storage, holdId, { actor: actorName(options.actor), reason });
    await context.out.line(
      context.json ? formatJson(hold) : escapeText(`Released: the next run of retention may take ${scopeText(hold)}.`),
    );
    return EXIT.ok;
  });
}

async function release({ holds, name }: StorageBackend, holdId: string, how: HoldRelease): Promise<LegalHold> {
  try {
    return await holds.release(holdId, how);
  } catch (error) {
    const known = isStorageError(error, "not_found") || isStorageError(error, "conflict");
    if (!known) throw error;
    const { code, operation } = error;
    const about =
      code === "not_found"
        ? {
            message: `there is no legal hold ${holdId}`,
            remedy: "Run aasm retention hold list to see the holds in force.",
          }
        : {
            message: `the legal hold ${holdId} has already been released`,
            remedy: "Run aasm retention hold list --released to see when and why.",
          };
    throw new StorageError({ code, ...about, operation, backend: name, cause: error });
  }
}
