import {
  canonicalJson,
  type ErasureRecord,
  type ErasureRequest,
  type ErasureResult,
  isStorageError,
  type JsonValue,
  type StorageBackend,
  StorageError,
} from "@agent-assembly/storage-core";
import fc from "fast-check";
import { command } from "./command.js";
import { holdNumber, withHoldNumbers } from "./records.js";
import { badText, eventId, eventTime, filter, maybe, name } from "./values.js";

const part = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.constantFrom(
      "agentId",
      "sessionId",
      "traceId",
      "payload",
      "payload:",
      "payload:*",
      "payload:/v",
      "payload:/tool",
      "payload:/a~1b",
      "payload:/",
      "payload:/m00",
      "payload:/m35",
    ),
  },
  { weight: 1, arbitrary: fc.oneof(badText, fc.constantFrom("tool", "decision", "ts", "payload:/v/w", "payload:v")) },
);
const text = fc.oneof({ weight: 12, arbitrary: name }, { weight: 1, arbitrary: badText });
const request: fc.Arbitrary<ErasureRequest> = fc.record(
  {
    // Most of them select something, so that there is something to erase.
    filter: fc.oneof(
      { weight: 1, arbitrary: filter },
      { weight: 2, arbitrary: fc.record({ agentId: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ from: eventTime }) },
    ),
    parts: fc.array(part, { minLength: 1, maxLength: 4 }),
    // Few, so that the same request comes again.
    request: fc.constantFrom("ticket 1", "ticket 2"),
    basis: fc.constantFrom("Art. 17", "Art. 17"),
    actor: text,
  },
  { requiredKeys: ["filter", "parts", "request", "basis"] },
);

const limit = maybe(fc.integer({ min: 0, max: 3 }));

/** Without what is a backend's own: ids, digests under a salt of its own, and what it says of its files. */
function withoutOwn({ erasureId, filterDigest, ...record }: ErasureRecord): object {
  return record;
}

async function plan(backend: StorageBackend, wanted: ErasureRequest): Promise<object> {
  const { notCovered, refusals, ...rest } = await backend.planErasure(wanted);
  const numbered = refusals.map((refusal) =>
    refusal.kind === "hold" ? { ...refusal, holdId: holdNumber(backend, refusal.holdId) } : refusal,
  );
  // Holds that were placed in the same millisecond have the order of their ids.
  return { ...rest, refusals: inOrder(numbered) };
}

async function erase(backend: StorageBackend, wanted: ErasureRequest): Promise<object> {
  try {
    const { scrub, notCovered, remains, ...result }: ErasureResult = await backend.erase(wanted);
    const kept = remains.filter((one) => !scrub.remains.includes(one));
    return { ...withoutOwn(result), remains: kept };
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
    const said = withHoldNumbers(backend, error.message).split("; ");
    throw new StorageError({ code: "conflict", message: said.toSorted().join("; ") });
  }
}

const keys = fc.array(fc.record({ ts: eventTime.map((time) => time.getTime()), eventId }), { maxLength: 8 });
const marks = fc.uniqueArray(
  fc.record({
    ts: eventTime.map((time) => time.getTime()),
    eventId,
    parts: fc.uniqueArray(fc.constantFrom("agentId", "sessionId", "payload", "payload:/v", "payload:/tool"), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  { maxLength: 4, selector: (mark) => `${mark.ts} ${mark.eventId}` },
);

/** Calls that take parts out of events, for backends that can. */
export const erasureCommands = [
  command("planErasure", [request], plan),
  command("erase", [request], erase),
  command("erasures", [limit], async (backend, most) =>
    most === undefined
      ? inOrder((await backend.erasures()).map(withoutOwn))
      : (await backend.erasures({ limit: most })).length,
  ),
  command("erasureSupport.erased", [keys], async (backend, wanted) =>
    inOrder((await backend.erasureSupport?.erased(wanted)) ?? []),
  ),
  command("erasureSupport.mark", [marks], (backend, events) => Promise.resolve(backend.erasureSupport?.mark(events))),
];

/** For answers without an order that a caller can tell. */
function inOrder<T>(items: readonly T[]): T[] {
  const textOf = (item: T): string => canonicalJson(JSON.parse(JSON.stringify(item)) as JsonValue);
  return items.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}
