import type { AuditFilter, Bucket, JsonScalar, SummaryDimension, SummaryRequest } from "@agent-assembly/storage-core";
import type { z } from "zod";
import type { Identity } from "../../context.js";
import { problem } from "../../http/problem.js";
import { teamsToRead } from "../routing/team.js";
import type { bucketQuery } from "../schemas/common.js";
import { eventFilterQuery } from "../schemas/events.js";

type FilterQuery = z.output<z.ZodObject<typeof eventFilterQuery>>;

const MEMBERS = Object.keys(eventFilterQuery) as (keyof FilterQuery)[];

/**
 * The filter that a query spells, limited to what the sender may read.
 * @throws ProblemError 400, 403
 */
export function filterOf(identity: Identity, query: FilterQuery): AuditFilter {
  const given = Object.fromEntries(
    MEMBERS.filter((name) => query[name] !== undefined).map((name) => [name, query[name]]),
  ) as FilterQuery;
  const { payload, ...rest } = given;
  const teamId = teamsToRead(identity, query.teamId);
  return {
    ...rest,
    ...(teamId !== undefined && { teamId }),
    ...(payload !== undefined && { payload: payloadConditions(payload) }),
  };
}

/** `/pointer=value` as members of a filter. */
function payloadConditions(conditions: readonly string[]): Record<string, JsonScalar> {
  const parsed = new Map<string, JsonScalar>();
  for (const condition of conditions) {
    const at = condition.indexOf("=");
    if (at === -1) {
      throw problem("invalid_argument", "payload must be a JSON Pointer, an equals sign and a value", {
        option: "payload",
        remedy: "Write payload=/arguments/user_id=mia.",
      });
    }
    const pointer = decoded(condition.slice(0, at));
    if (parsed.has(pointer)) {
      throw problem("invalid_argument", "payload names one pointer twice", { option: "payload" });
    }
    parsed.set(pointer, scalarOf(condition.slice(at + 1)));
  }
  return Object.fromEntries(parsed);
}

/** As in the fragment of a URI, so that a pointer may hold an equals sign. */
function decoded(pointer: string): string {
  try {
    return decodeURIComponent(pointer);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw problem("invalid_argument", "payload has a pointer with a % that begins no %25 or %3D", {
      option: "payload",
    });
  }
}

/** JSON scalars are taken as such, anything else as a text. */
function scalarOf(text: string): JsonScalar {
  const isScalar = /^(?:true|false|null|-?\d[\d.eE+-]*|".*")$/s.test(text);
  if (!isScalar) return text;
  try {
    return JSON.parse(text) as JsonScalar;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

/** @throws ProblemError 400 for a time zone without buckets */
export function bucketOf({ every, timeZone }: z.output<z.ZodObject<typeof bucketQuery>>): Bucket | undefined {
  if (every !== undefined) return { every, ...(timeZone !== undefined && { timeZone }) };
  if (timeZone === undefined) return undefined;
  throw problem("invalid_argument", "timeZone needs every, the length of the buckets", { option: "timeZone" });
}

/** A request of the store, without the members that were not asked for; the store checks their values. */
export function summaryRequest({ groupBy, bucket, includeDropped }: AskedSummary): SummaryRequest {
  return {
    ...(groupBy !== undefined && { groupBy: groupBy as readonly SummaryDimension[] }),
    ...(bucket !== undefined && { bucket }),
    ...(includeDropped !== undefined && { includeDropped }),
  };
}

interface AskedSummary {
  readonly groupBy?: readonly string[] | undefined;
  readonly bucket?: Bucket | undefined;
  readonly includeDropped?: boolean | undefined;
}
