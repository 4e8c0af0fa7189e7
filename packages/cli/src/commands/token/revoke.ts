import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { actorName, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";
import { apiTokensOf } from "./access.js";

interface TokenRevokeOptions {
  readonly reason?: string;
  readonly actor?: string;
}

export async function tokenRevoke(context: Context, options: TokenRevokeOptions, id: string): Promise<ExitCode> {
  // Who pastes a whole token means it, and its secret is not to be repeated.
  const tokenId = /^(?:aasm_)?([0-9a-f]{16})(?:_[\w-]{43})?$/.exec(id)?.[1];
  if (tokenId === undefined) {
    throw new UsageError("id is not the id of a token; allowed: 16 hexadecimal digits, as aasm token list shows them");
  }
  const { reason } = options;
  const revocation = {
    actor: actorName(options.actor),
    ...(reason !== undefined && { reason: parseText("--reason", reason, "why it is revoked") }),
  };
  return context.changeStorage(async (storage) => {
    const token = await apiTokensOf(storage)
      .revoke(tokenId, revocation)
      .catch((error: unknown) => {
        throw withId(error, tokenId);
      });
    await context.out.line(
      context.json ? formatJson(token) : escapeText(`Revoked: the token of ${token.name} is refused from now on.`),
    );
    return EXIT.ok;
  });
}

function withId(error: unknown, tokenId: string): unknown {
  const isUnknown = isStorageError(error, "not_found");
  if (!isUnknown && !isStorageError(error, "conflict")) return error;
  return new StorageError({
    code: error.code,
    message: isUnknown ? `there is no token ${tokenId}` : `the token ${tokenId} has already been revoked`,
    remedy: isUnknown ? "Run aasm token list to see the tokens." : "Run aasm token list --revoked to see when and why.",
    operation: error.operation,
    backend: error.backend,
    cause: error,
  });
}
