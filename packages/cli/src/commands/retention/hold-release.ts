import { isStorageError, type LegalHold, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { actorName, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";
import { scopeText } from "./view-holds.js";

interface HoldReleaseOptions {
  readonly reason: string;
  readonly actor?: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function holdRelease(context: Context, options: HoldReleaseOptions, holdId: string): Promise<ExitCode> {
  if (!UUID.test(holdId)) {
    throw new UsageError(`id is ${JSON.stringify(holdId)}; allowed: a hold id, as aasm retention hold list shows them`);
  }
  const reason = parseText("--reason", options.reason, "why it ends");
  return context.withStorage(async (storage) => {
    const hold = await release(storage, holdId, { releasedBy: actorName(options.actor), reason });
    await context.out.line(
      context.json ? formatJson(hold) : escapeText(`Released: the next run of retention may take ${scopeText(hold)}.`),
    );
    return EXIT.ok;
  });
}

async function release(
  { tiers, name }: StorageBackend,
  holdId: string,
  how: { readonly releasedBy: string; readonly reason: string },
): Promise<LegalHold> {
  try {
    return await tiers.releaseHold(holdId, how);
  } catch (error) {
    const known = isStorageError(error, "not_found") || isStorageError(error, "conflict");
    if (!known) throw error;
    const { code, operation } = error;
    const what =
      code === "not_found"
        ? `there is no legal hold ${holdId}; aasm retention hold list shows those in force`
        : `the legal hold ${holdId} was released before; aasm retention hold list --released shows when and why`;
    throw new StorageError({ code, message: what, operation, backend: name, cause: error });
  }
}
