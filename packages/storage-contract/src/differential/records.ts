import type { LegalHold, NewLegalHold, StorageBackend } from "@agent-assembly/storage-core";
import { ARCHIVE_STATES, type ArchiveRecord } from "@agent-assembly/storage-core/backend";
import fc from "fast-check";
import { NOW } from "../support/fixtures.js";
import { command } from "./command.js";
import { badText, eventId, filter, maybe, name, time } from "./values.js";

const text = fc.oneof({ weight: 12, arbitrary: name }, { weight: 1, arbitrary: badText });
const hold: fc.Arbitrary<NewLegalHold> = fc.record(
  { agentId: text, teamId: name, from: time, to: time, reason: name, actor: text },
  { requiredKeys: ["reason", "actor"] },
);

/** The ids of the holds that a history placed, in order: ids are a backend's own. */
const placed = new WeakMap<StorageBackend, string[]>();

function placedOn(backend: StorageBackend): string[] {
  const ids = placed.get(backend) ?? [];
  placed.set(backend, ids);
  return ids;
}

/** Which of the holds that a history placed an id names; -1 for none. */
export function holdNumber(backend: StorageBackend, holdId: string): number {
  return placedOn(backend).indexOf(holdId);
}

/** A text with numbers for the ids of holds. */
export function withHoldNumbers(backend: StorageBackend, text: string): string {
  return placedOn(backend).reduce((said, holdId, n) => said.replaceAll(holdId, `#${n}`), text);
}

const anonymous = (backend: StorageBackend, { holdId, ...rest }: LegalHold): object => ({
  ...rest,
  nth: holdNumber(backend, holdId),
});

async function place(backend: StorageBackend, one: NewLegalHold): Promise<object> {
  const made = await backend.holds.place(one);
  placedOn(backend).push(made.holdId);
  return anonymous(backend, made);
}

async function release(backend: StorageBackend, n: number, actor: string, reason: string): Promise<unknown> {
  const holdId = placedOn(backend)[n];
  if (holdId === undefined) return undefined;
  return anonymous(backend, await backend.holds.release(holdId, { actor, reason }));
}

const archive: fc.Arbitrary<ArchiveRecord> = fc.record(
  {
    archiveId: eventId,
    dataset: fc.constant("audit"),
    partitionId: fc.constantFrom("s", "s", "s", ""),
    from: fc.constant(new Date(NOW)),
    to: fc.constant(new Date(NOW + 1)),
    selection: fc.record({ only: fc.array(filter, { maxLength: 1 }) }),
    asOf: fc.constantFrom("p", "p", "q"),
    url: fc.constantFrom("s3://b/a", "s3://b/a", "file:///a", "a"),
    state: fc.constantFrom(...ARCHIVE_STATES),
    rows: fc.nat(3),
    bytes: fc.nat(3),
    startedAt: fc.constantFrom(new Date(NOW), new Date(NOW), new Date(NOW + 1)),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      "archiveId",
      "dataset",
      "partitionId",
      "from",
      "to",
      "asOf",
      "url",
      "state",
      "rows",
      "bytes",
      "startedAt",
    ],
  },
);

const state = fc.constantFrom(...ARCHIVE_STATES);

/** The step that a state is reached by, most of the time. */
const BEFORE = { writing: undefined, verified: "writing", dropped: "verified" } as const;

/** Calls of the hold register and the archive catalog. */
export const retentionCommands = [
  command("holds.place", [hold], place),
  command("holds.release", [fc.nat(4), name, text], release),
  command("holds.list", [maybe(fc.boolean())], async (backend, released) =>
    (await backend.holds.list({ released })).map((one) => anonymous(backend, one)),
  ),
  command(
    "retentionSupport.recordArchive",
    [archive, fc.constantFrom(true, true, true, false), maybe(state)],
    (backend, record, right, from) =>
      backend.retentionSupport.recordArchive(record, { from: right ? BEFORE[record.state] : from }),
  ),
  command("retentionSupport.forgetArchive", [eventId], (backend, archiveId) =>
    backend.retentionSupport.forgetArchive(archiveId),
  ),
  command("retentionSupport.archives", [maybe(state)], (backend, wanted) =>
    backend.retentionSupport.archives({ state: wanted }),
  ),
];
