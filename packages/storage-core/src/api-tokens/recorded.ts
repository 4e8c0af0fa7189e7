import { governanceEvent, isoOf } from "../governance/event.js";
import type { RecordChange } from "../governance/record-change.js";
import { type ApiTokenRow, scopesOf } from "./row.js";

/** What is recorded of a token that is created; nothing of its secret, nor of its hash. */
export const recordCreated: RecordChange<ApiTokenRow> = (_, created) => {
  const { teamId, actor, createdAt } = created as ApiTokenRow;
  return governanceEvent({
    change: "token.created",
    at: createdAt,
    teamId,
    subject: subjectOf(created as ApiTokenRow),
    after: rightsOf(created as ApiTokenRow),
    by: { actor, reason: null },
  });
};

/** What is recorded of a token that is revoked. */
export const recordRevoked: RecordChange<ApiTokenRow> = (_, revoked, now) => {
  const { teamId, revokedAt, revokeActor, revokeReason } = revoked as ApiTokenRow;
  return governanceEvent({
    change: "token.revoked",
    at: revokedAt ?? now,
    teamId,
    subject: subjectOf(revoked as ApiTokenRow),
    before: rightsOf(revoked as ApiTokenRow),
    by: { actor: revokeActor, reason: revokeReason },
  });
};

function subjectOf({ tokenId, name }: ApiTokenRow) {
  return { tokenId, name };
}

function rightsOf(row: ApiTokenRow) {
  const { teamId, requestsPerMinute, expiresAt } = row;
  return { scopes: scopesOf(row), teamId, requestsPerMinute, expiresAt: isoOf(expiresAt) };
}
