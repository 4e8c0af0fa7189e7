import type { StorageBackend } from "@agent-assembly/storage-core";
import type { Selection } from "@agent-assembly/storage-core/backend";
import { toAuditEvent } from "@agent-assembly/storage-core/backend";
import fc from "fast-check";
import { collect } from "../support/assert.js";
import { command } from "./command.js";
import { nth, partitionAt } from "./partitions.js";
import { filter, maybe } from "./values.js";

const filters = fc.array(filter, { maxLength: 3 });
const selection: fc.Arbitrary<Selection> = fc.record({ only: filters, except: filters }, { requiredKeys: [] });

/** Positions that a history took, by their order; each history has backends of its own. */
const positions = new WeakMap<StorageBackend, string[]>();

function positionsOf(backend: StorageBackend): string[] {
  const taken = positions.get(backend) ?? [];
  positions.set(backend, taken);
  return taken;
}

/** Sizes are a backend's own; positions too, and are asked for by their order. */
async function measure(
  backend: StorageBackend,
  n: number,
  chosen: Selection | undefined,
  at: number | undefined,
): Promise<number | undefined> {
  const partition = await partitionAt(backend, n);
  if (partition === undefined) return undefined;
  const { rows, asOf } = await backend.partitions.measure(partition, { selection: chosen, asOf: upToOf(backend, at) });
  if (asOf !== undefined) positionsOf(backend).push(asOf);
  return rows;
}

function upToOf(backend: StorageBackend, at: number | undefined): string | undefined {
  return at === undefined ? undefined : positionsOf(backend)[at];
}

/** One of the positions that a history took. It takes one of now, too, for calls that come later. */
export async function positionBefore(backend: StorageBackend, at: number): Promise<string | undefined> {
  const taken = positionsOf(backend);
  const before = taken[at % taken.length];
  await measure(backend, 0, undefined, undefined);
  return before;
}

/** Drops a part; `surplus` is what the expectation is wrong by. */
async function drop(
  backend: StorageBackend,
  n: number,
  chosen: Selection | undefined,
  at: number | undefined,
  surplus: number,
): Promise<unknown> {
  const partition = await partitionAt(backend, n);
  if (partition === undefined) return undefined;
  const part = { selection: chosen, asOf: upToOf(backend, at) };
  const { rows } = await backend.partitions.measure(partition, part);
  return backend.partitions.drop(partition, { ...part, expect: { rows: rows + surplus } });
}

const at = maybe(fc.nat(3));

/** Calls on parts of partitions. */
export const sliceCommands = [
  command("partitions.measure", [nth, maybe(selection), at], measure),
  command("partitions.read part", [nth, maybe(selection), at], async (backend, n, chosen, position) => {
    const partition = await partitionAt(backend, n);
    return (
      partition && collect(backend.partitions.read(partition, { selection: chosen, asOf: upToOf(backend, position) }))
    );
  }),
  command(
    "retentionSupport.measureAll",
    [nth, nth, maybe(selection), at],
    async (backend, n, other, chosen, position) => {
      const [one, two] = [await partitionAt(backend, n), await partitionAt(backend, other)];
      if (one === undefined || two === undefined) return undefined;
      const requests = [{ partition: one, selection: chosen, asOf: upToOf(backend, position) }, { partition: two }];
      return (await backend.retentionSupport.measureAll(requests)).map(({ rows }) => rows);
    },
  ),
  command("retentionSupport.readRows", [nth, maybe(selection), at], async (backend, n, chosen, position) => {
    const partition = await partitionAt(backend, n);
    if (partition === undefined) return undefined;
    const slice = { selection: chosen, asOf: upToOf(backend, position) };
    // How a payload is written is a backend's own.
    return (await collect(backend.retentionSupport.readRows(partition, slice))).flat().map(toAuditEvent);
  }),
  command("partitions.drop part", [nth, maybe(selection), at, fc.constantFrom(0, 0, 0, 1)], drop),
];
