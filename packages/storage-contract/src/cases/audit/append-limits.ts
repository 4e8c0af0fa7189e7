import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, events, NOW } from "../../support/fixtures.js";
import { onTwoHandles, refusedSecond } from "../two-handles.js";

const DEFAULT_CAP_BYTES = 256 * 1024;
/** More than a backend is likely to write in one statement. */
const CALL_EVENTS = 4000;

/** Every count that a reader sees while one call is being written. */
async function countsDuring(writer: StorageBackend, reader: StorageBackend): Promise<number[]> {
  let answered = false;
  const appending = writer.audit.append(events(CALL_EVENTS, (n) => ({ payload: { n } }))).finally(() => {
    answered = true;
  });
  const counts: number[] = [];
  while (!answered) {
    counts.push(await reader.audit.count());
    // A store that answers without waiting must not keep its own append from going on.
    await nextTurn();
  }
  assert.equal((await appending).inserted, CALL_EVENTS);
  counts.push(await reader.audit.count());
  return counts;
}

async function appearsAtOnce(writer: StorageBackend, reader: StorageBackend): Promise<void> {
  const partial = (await countsDuring(writer, reader)).filter((count) => count !== 0 && count !== CALL_EVENTS);
  assert.deepEqual(partial, [], `a reader saw part of a call of ${CALL_EVENTS} events`);
}

/** What one call may hold, and that it is stored as one. */
export const appendLimitCases = defineCases([
  {
    id: "audit.append.default-payload-cap",
    title: "unless told otherwise a payload may take 256 KiB as JSON in UTF-8, and no byte more",
    async run({ storage }) {
      const backend = await storage({ clock: () => NOW });
      // Two quotation marks belong to the JSON text.
      const ascii = "x".repeat(DEFAULT_CAP_BYTES - 2);
      const wide = "é".repeat(DEFAULT_CAP_BYTES / 2 - 1);
      const payloads = [ascii, `${ascii}x`, wide, `${wide}é`];
      const result = await backend.audit.append(payloads.map((payload, n) => event(n, { payload })));
      assert.equal(result.inserted, 2);
      assert.deepEqual(
        result.rejected.map(({ index, code }) => ({ index, code })),
        [1, 3].map((index) => ({ index, code: "too_large" })),
      );
      assert.deepEqual(
        (await backend.audit.query({}, { order: "oldest" })).items.map(
          ({ payload }) => payload === ascii || payload === wide,
        ),
        [true, true],
      );
    },
  },
  {
    id: "audit.append.store-limits",
    title: "a limit of the whole store is refused as a limit of one call, by its path, and nothing is stored",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      for (const name of ["maxPayloadBytes", "maxSummaryGroups"]) {
        await rejects(() => backend.audit.append([event(1)], { limits: { [name]: 10 } as never }), "invalid_argument", {
          message: /when opening/,
          option: `options.limits.${name}`,
        });
      }
      await rejects(() => backend.audit.append([event(1)], { limits: { maxAge: 1 } as never }), "invalid_argument", {
        message: /unknown key "maxAge".*Known: maxAgeMs, maxSkewMs/,
        option: "options.limits.maxAge",
      });
      await rejects(() => backend.audit.append([event(1)], { limits: { maxAgeMs: -1 } }), "invalid_argument", {
        option: "options.limits.maxAgeMs",
      });
      assert.equal(await backend.audit.count(), 0);
    },
  },
  {
    id: "audit.append.appears-at-once",
    title: "the events of one call are committed together: a reader sees none of them or all",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await appearsAtOnce(backend, backend);
    },
  },
  {
    id: "concurrency.second-handle.append.appears-at-once",
    title: "through two handles: a reader sees none of the events of one call or all",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, ([writer, reader]) => appearsAtOnce(writer, reader)),
    refusal: refusedSecond,
  },
]);
