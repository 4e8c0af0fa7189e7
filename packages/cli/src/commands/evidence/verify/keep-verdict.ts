import { randomUUID } from "node:crypto";
import {
  recordVerification,
  type StoreVerdict,
  type StoreVerification,
  type VerificationRecord,
} from "@agent-assembly/evidence";
import { isStorageError } from "@agent-assembly/storage-core";
import type { toRange } from "../../../args/time.js";
import { actorName } from "../../../args/values.js";
import type { Context } from "../../../context.js";

interface Verified {
  readonly report: StoreVerification;
  readonly range: ReturnType<typeof toRange>;
  readonly startedAt: Date;
  readonly verdict: StoreVerdict;
  readonly unchecked: readonly string[];
  readonly keysFromLog: boolean;
}

/**
 * Has the store keep what a verification came to, for `aasm evidence status` and the page. Verifying itself only reads: where the
 * store refuses, it is said, and the verdict stands.
 */
export async function keepVerdict(context: Context, verified: Verified): Promise<void> {
  const record = recordOf(context, verified);
  try {
    await context.withStorage((storage) => recordVerification(storage, record), { writes: true, migrate: "off" });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    await context.err.line(`The store does not keep this verdict: ${error.message}`);
  }
}

function recordOf(
  context: Context,
  { report, range, startedAt, verdict, unchecked, keysFromLog }: Verified,
): VerificationRecord {
  const { origin, log, leaves, passed, trusted, events, dropped, erased, uncompared, findings } = report;
  return {
    id: randomUUID(),
    actor: actorName(undefined),
    state: "ended",
    from: range.from,
    to: range.to,
    startedAt,
    endedAt: new Date(context.now()),
    log,
    origin,
    progress: { leaves, of: leaves },
    verdict,
    counts: { leaves, passed: passed + trusted, events, dropped, erased, uncompared },
    findingCount: findings.length,
    findings,
    unchecked,
    keysFromLog,
    notAsked: [],
  };
}
