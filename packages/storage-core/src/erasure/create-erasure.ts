import { randomBytes } from "node:crypto";
import type { Capabilities } from "../capabilities.js";
import { invalidArgument, isStorageError, StorageError } from "../errors.js";
import { CallerAbort, throwIfAborted } from "../support/abort.js";
import { describeShape } from "../support/describe.js";
import { uuidV7 } from "../support/ids.js";
import { parseInteger, parseText } from "../support/input.js";
import { type ErasureSupport, MAX_ERASURE_BATCH } from "./driver.js";
import { erasureErrors } from "./errors.js";
import { mergeMarkers } from "./event-parts.js";
import type { ArchiveErasureReport } from "./hooks.js";
import {
  type ParsedEraseOptions,
  type ParsedErasure,
  parseEraseOptions,
  parseErasure,
  parseErasuresLimit,
  parsePlanOptions,
} from "./parse-request.js";
import type { ErasureResult, ErasureState } from "./record.js";
import type { ErasureRequest } from "./request.js";
import { eraseInRounds, type Rounds } from "./rounds.js";
import { type ErasureRow, filterDigest, isOfRequest, recordErasure, toErasureRecord } from "./row.js";
import type { ErasureStore } from "./store.js";
import { catalogOf, surveyErasure } from "./survey.js";
import type { ErasureTables } from "./tables.js";

/** What {@link createErasure} adds to a backend. */
export interface Erasure extends ErasureStore {
  readonly erasureSupport: ErasureSupport;
}

/** Implements the rules of erasing parts of events on a backend's tables. */
export function createErasure(tables: ErasureTables): Erasure {
  return {
    async planErasure(request, options) {
      const wanted = parseErasure(request);
      return surveyErasure(tables, wanted, request.filter, parsePlanOptions(options), () => undefined);
    },

    async erase(request, options) {
      return erase(tables, parseErasure(request), request, parseEraseOptions(options));
    },

    async erasures(options) {
      const limit = parseErasuresLimit(options);
      const order = { by: ["startedAt", "erasureId"], direction: "descending" } as const;
      return (await tables.erasures.list({ order, limit })).map(toErasureRecord);
    },

    erasureSupport: {
      async erased(keys) {
        checkKeyList("keys", keys);
        return keys.length === 0 ? [] : tables.driver.erased(keys);
      },
      async mark(events, evidence) {
        checkKeyList("events", events);
        for (const [at, { parts }] of events.entries()) {
          if (!Array.isArray(parts)) throw invalidArgument(`events[${at}].parts`, "must be an array of names");
        }
        if (events.length === 0) return true;
        const markers = events.map(({ ts, eventId, parts }) => ({ ts, eventId, parts: mergeMarkers(parts, []) }));
        return tables.driver.mark(markers, evidence);
      },
    },
  };
}

/** For backends whose capability `erasure` is unsupported. */
export function refuseErasure({ erasure }: Pick<Capabilities, "erasure">): ErasureStore {
  const refuse = async (): Promise<never> => {
    const message = "reason" in erasure ? erasure.reason : "this backend cannot erase parts of events";
    throw new StorageError({ code: "unsupported", message });
  };
  return { planErasure: refuse, erase: refuse, erasures: async () => [] };
}

function checkKeyList(what: string, keys: readonly { readonly ts: number; readonly eventId: string }[]): void {
  if (!Array.isArray(keys) || keys.length > MAX_ERASURE_BATCH) {
    throw invalidArgument(what, `must be at most ${MAX_ERASURE_BATCH} keys of events, got ${describeShape(keys)}`);
  }
  for (const [at, key] of keys.entries()) {
    parseInteger(`${what}[${at}].ts`, key?.ts, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    parseText(`${what}[${at}].eventId`, key?.eventId);
  }
}

async function erase(
  tables: ErasureTables,
  wanted: ParsedErasure,
  { filter }: ErasureRequest,
  options: ParsedEraseOptions,
): Promise<ErasureResult> {
  const { signal, archives, onProgress, rewrite, evidence } = options;
  const plan = await surveyErasure(tables, wanted, filter, options, (events) => onProgress({ step: "survey", events }));
  if (plan.refusals.length > 0) throw erasureErrors.refused(plan.refusals);
  if (plan.sealed && evidence === undefined) throw erasureErrors.sealed();
  const { erasureId } = await begin(tables, wanted);
  const { request, basis, parts } = wanted;
  try {
    const rounds: Rounds = await eraseInRounds({
      tables,
      request: wanted,
      announcement: { erasureId, request, basis, signal },
      evidence: plan.sealed ? evidence : undefined,
      signal,
      onErased: (events) => onProgress({ step: "erase", events }),
    });
    const reports: ArchiveErasureReport[] = [];
    for (const archive of archives) {
      throwIfAborted(signal);
      reports.push(await archive.erase({ erasureId, filter, parts, request, basis, signal }));
      onProgress({ step: "archives", events: reports.reduce((sum, report) => sum + report.events, 0) });
    }
    throwIfAborted(signal);
    const erased = await tables.erasures.find(erasureId);
    const [from, to] = [erased?.from ?? null, erased?.to ?? null];
    const scrub =
      from === null || to === null
        ? { done: [], remains: [] }
        : await tables.driver.scrub({ from, to, rewrite, signal });
    onProgress({ step: "scrub", events: rounds.events });
    const covered = new Set(reports.flatMap(({ archiveIds }) => archiveIds));
    const kept = (await catalogOf(tables, wanted, covered)).filter((archive) => !archive.covered);
    const row = await end(tables, erasureId, "done", "");
    return {
      ...toErasureRecord(row),
      newEvents: rounds.events,
      scrub,
      archives: reports,
      statements: rounds.statements,
      remains: [
        ...scrub.remains,
        ...reports.flatMap(({ remains }) => remains),
        ...kept.map(({ archiveId, url }) => `archive ${archiveId} at ${url}, which was not looked through`),
        ...(await earlierLogs(tables)),
      ],
      notCovered: plan.notCovered,
    };
  } catch (error) {
    // Where this cannot be stored either, the record stays begun, which says as much.
    await end(tables, erasureId, "failed", detailOf(error)).catch(() => undefined);
    throw error;
  }
}

/** Of events that were sealed before a fork, only the newest log loses the salts. */
async function earlierLogs({ evidence }: ErasureTables): Promise<string[]> {
  const newest = await evidence?.log();
  if (newest === undefined || newest.log === 1) return [];
  const logs = newest.log === 2 ? "log 1" : `the logs 1 to ${newest.log - 1}`;
  return [`salts of ${logs} of this store, which a fork ended: with them, guesses at erased values can be confirmed`];
}

/** Records that an erasure begins, or is resumed. */
async function begin({ erasures }: ErasureTables, wanted: ParsedErasure): Promise<ErasureRow> {
  const { request, basis, actor, parts } = wanted;
  const recorded = await erasures.list({
    where: { member: "request", in: [request] },
    order: { by: ["startedAt", "erasureId"] },
  });
  const earlier = recorded.find((row) => isOfRequest(row, wanted));
  const resumed =
    earlier &&
    (await erasures.replace(
      earlier.erasureId,
      (row) => row && { ...row, actor, state: "begun", finishedAt: null, detail: "" },
      recordErasure,
    ));
  if (resumed !== undefined) return resumed;
  const startedAt = await erasures.now();
  const salt = randomBytes(16).toString("hex");
  const row: ErasureRow = {
    erasureId: uuidV7(startedAt),
    request,
    basis,
    actor,
    parts: JSON.stringify(parts),
    salt,
    filterDigest: filterDigest(wanted, salt),
    state: "begun",
    events: 0,
    from: null,
    to: null,
    startedAt,
    finishedAt: null,
    detail: "",
  };
  await erasures.insert(row, recordErasure(undefined, row, startedAt));
  return row;
}

async function end(
  { erasures }: ErasureTables,
  erasureId: string,
  state: Exclude<ErasureState, "begun">,
  detail: string,
): Promise<ErasureRow> {
  const row = await erasures.replace(
    erasureId,
    (row, now) => row && { ...row, state, finishedAt: now, detail },
    recordErasure,
  );
  if (row === undefined) throw new StorageError({ code: "conflict", message: "the record of the erasure is gone" });
  return row;
}

/** Never holds stored values, as no message of an error of this library does. */
function detailOf(error: unknown): string {
  if (error instanceof CallerAbort) return "interrupted";
  return isStorageError(error) ? `${error.code}: ${error.message}` : "internal";
}
