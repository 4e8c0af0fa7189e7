import type { ApiToken } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { countText, formatRelative, formatSecond } from "../../terminal/format.js";
import { renderTable } from "../../terminal/table.js";

export function renderTokens(
  tokens: readonly ApiToken[],
  { width, style, now }: Pick<Context, "width" | "style" | "now">,
): string {
  const at = now();
  return renderTable(
    tokens,
    [
      { title: "TOKEN", value: ({ tokenId }) => tokenId, fixed: true },
      { title: "NAME", value: ({ name }) => name },
      { title: "SCOPES", value: ({ scopes }) => scopes.join(",") },
      { title: "TEAM", value: ({ teamId }) => teamId },
      { title: "PER MIN", value: ({ requestsPerMinute: rate }) => rate?.toString(), fixed: true },
      { title: "EXPIRES", value: ({ expiresAt }) => expiresAt && formatRelative(expiresAt, at), fixed: true },
      { title: "CREATED", value: ({ createdAt }) => formatSecond(createdAt), fixed: true },
      { title: "BY", value: ({ actor }) => actor },
      { title: "REVOKED", value: revoked(({ revokedAt }) => formatSecond(revokedAt)), fixed: true },
      { title: "REVOKED BY", value: revoked(({ actor }) => actor) },
      { title: "REASON", value: revoked(({ reason }) => reason) },
    ],
    width,
    style,
  );
}

type Revocation = Extract<ApiToken, { readonly state: "revoked" }>["revocation"];

/** Of a token that was revoked; nothing of one in force. */
function revoked(text: (revocation: Revocation) => string | undefined): (token: ApiToken) => string | undefined {
  return (token) => (token.state === "revoked" ? text(token.revocation) : undefined);
}

/** `ingest, read of team red, 600 requests a minute, until 2026-03-01 12:00:00Z`. */
export function rightsText({ scopes, teamId, requestsPerMinute, expiresAt }: ApiToken): string {
  return [
    `${scopes.join(", ")}${teamId === undefined ? "" : ` of team ${teamId}`}`,
    ...(requestsPerMinute === undefined ? [] : [`${countText(requestsPerMinute, "request")} a minute`]),
    ...(expiresAt === undefined ? [] : [`until ${formatSecond(expiresAt)}`]),
  ].join(", ");
}
