import { API_TOKEN_SCOPES, type ApiToken, type NewApiToken } from "@agent-assembly/storage-core";
import { parseTimeAhead } from "../../args/time.js";
import { actorName, parseChoice, parseInteger, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";
import { apiTokensOf } from "./access.js";
import { rightsText } from "./view.js";

interface TokenCreateOptions {
  readonly name: string;
  readonly scope: readonly string[];
  readonly team?: string;
  readonly expires?: string;
  readonly rate?: string;
  readonly actor?: string;
}

export async function tokenCreate(context: Context, options: TokenCreateOptions): Promise<ExitCode> {
  const wanted = tokenOf(options, context.now());
  // The first token may be made before anything was stored.
  const opening = { create: true };
  return context.withStorage(async (storage) => {
    const { token, secret } = await apiTokensOf(storage).create(wanted);
    await show(context, token, secret);
    return EXIT.ok;
  }, opening);
}

async function show({ json, out, err }: Context, token: ApiToken, secret: string): Promise<void> {
  if (json) return out.line(formatJson({ ...token, secret }));
  // Alone on stdout, so that a script can keep it.
  await out.line(secret);
  const text = `Token ${token.tokenId} of ${token.name}: ${rightsText(token)}. Keep the line above: it is shown once.`;
  await err.line(escapeText(text));
}

/** @throws UsageError */
function tokenOf({ name, scope, team, expires, rate, actor }: TokenCreateOptions, now: number): NewApiToken {
  const expiresAt = expires === undefined ? undefined : parseTimeAhead("--expires", expires, now);
  if (expiresAt !== undefined && expiresAt.getTime() <= now) {
    throw new UsageError(`--expires ${expires} is not ahead; write a time ahead as +90d, or leave it out`);
  }
  return {
    name: parseText("--name", name, "who or what uses the token"),
    scopes: scope.flatMap((one) => one.split(",")).map((one) => parseChoice("--scope", one.trim(), API_TOKEN_SCOPES)),
    ...(team !== undefined && { teamId: parseText("--team", team, "a team id") }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(rate !== undefined && { requestsPerMinute: parseInteger("--rate", rate, 1, 1_000_000) }),
    actor: actorName(actor),
  };
}
