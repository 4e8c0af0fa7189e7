import type { Identity } from "../../context.js";
import { type ProblemError, problem } from "../../http/problem.js";

/** A request for, or about, another team than the token's. */
export function otherTeam(option: string): ProblemError {
  return problem("forbidden", `${option} names another team than the token is for`, {
    option,
    remedy: "Leave it out, or use a token without a team.",
  });
}

/** @throws ProblemError 403 for a token that is bound to a team */
export function refuseTeamToken({ teamId }: Identity): void {
  if (teamId === undefined) return;
  throw problem("forbidden", "the token is for one team, and this concerns all of them", {
    remedy: "Use a token without a team.",
  });
}

/**
 * The teams of a filter that the sender may read.
 * @returns what was asked for, or the token's team
 * @throws ProblemError 403 for another team than the token's
 */
export function teamsToRead<T extends string | readonly string[]>(
  { teamId }: Identity,
  asked: T | undefined,
): T | string | undefined {
  if (teamId === undefined) return asked;
  const teams: readonly string[] = asked === undefined ? [] : typeof asked === "string" ? [asked] : asked;
  if (teams.some((team) => team !== teamId)) throw otherTeam("teamId");
  return teamId;
}

/**
 * The team of what is written.
 * @returns what was sent, or the token's team
 * @throws ProblemError 403 for another team than the token's
 */
export function teamToWrite<T extends string | null>(
  { teamId }: Identity,
  sent: T | undefined,
): T | string | undefined {
  if (teamId === undefined) return sent;
  if (sent !== undefined && sent !== teamId) throw otherTeam("teamId");
  return teamId;
}

/** Whether the sender may see a record. */
export function maySee({ teamId }: Identity, record: { readonly teamId?: string | undefined }): boolean {
  return teamId === undefined || record.teamId === teamId;
}

/**
 * The record, if it is there and the sender may see it: one of another team looks as if it were not there.
 * @param what names it in the error
 * @throws ProblemError 404
 */
export function visible<T extends { readonly teamId?: string | undefined }>(
  identity: Identity,
  record: T | undefined,
  what: string,
): T {
  if (record !== undefined && maySee(identity, record)) return record;
  throw problem("not_found", `there is no ${what}`);
}
