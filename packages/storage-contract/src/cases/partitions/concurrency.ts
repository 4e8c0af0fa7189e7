import assert from "node:assert/strict";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, events, NOW, UNRECORDED, uuid } from "../../support/fixtures.js";
import { oneWins, ROUNDS, race } from "../races.js";
import { archive, verified } from "../retention/archives.js";
import { type Handles, onTwoHandles, refusedSecond } from "../two-handles.js";
import { onlyPartition } from "./slices.js";

async function raceLeases(handles: Handles): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const leases = await Promise.all(
      race(handles, 6, ({ retentionSupport }) => retentionSupport.lease("retention", 60_000)),
    );
    const held = leases.filter((lease) => lease !== undefined);
    assert.equal(held.length, 1, `${held.length} of 6 got the lease`);
    await held[0]?.release();
  }
}

async function raceArchives(handles: Handles): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await oneWins(race(handles, 4, ({ retentionSupport }) => retentionSupport.recordArchive(archive(round))));
    const settled = race(handles, 4, ({ retentionSupport }, n) =>
      retentionSupport.recordArchive(verified(round, { bytes: n }), { from: "writing" }).then(() => n),
    );
    const bytes = await oneWins(settled);
    for (const { retentionSupport } of handles)
      assert.deepEqual((await retentionSupport.archives()).at(-1), verified(round, { bytes }));
    const next = verified(round, { state: "dropped", bytes });
    await oneWins(
      race(handles, 4, ({ retentionSupport }) => retentionSupport.recordArchive(next, { from: "verified" })),
    );
  }
}

async function raceRuns(handles: Handles): Promise<void> {
  const times = { startedAt: new Date(NOW), bytes: 0, detail: "" };
  for (let round = 0; round < ROUNDS; round++) {
    const runId = uuid(round);
    await oneWins(
      race(handles, 4, ({ retentionSupport }) =>
        retentionSupport.recordRun({ runId, ...times, outcome: "running", rows: 0 }),
      ),
    );
    const ended = { runId, ...times, finishedAt: new Date(NOW + 1), outcome: "succeeded" } as const;
    const rows = await oneWins(
      race(handles, 4, ({ retentionSupport }, n) => retentionSupport.recordRun({ ...ended, rows: n }).then(() => n)),
    );
    for (const { retentionSupport } of handles)
      assert.deepEqual((await retentionSupport.runs())[0], { ...ended, rows });
  }
}

async function raceReleases(handles: Handles): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const { holdId } = await handles[0].holds.place({ reason: `case ${round}`, actor: "ann" });
    const releases = race(handles, 4, ({ holds }, n) => holds.release(holdId, { actor: `${n}`, reason: "settled" }));
    const winner = await oneWins(releases);
    for (const { holds } of handles) {
      assert.deepEqual(
        (await holds.list({ released: true })).find((hold) => hold.holdId === holdId),
        winner,
      );
    }
  }
}

/** Races between the operations that retention uses. */
export const partitionConcurrencyCases = defineCases([
  {
    id: "concurrency.retention.lease",
    title: "of those who ask for one lease at once exactly one gets it",
    async run({ storage }) {
      await raceLeases([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.retention.archive",
    title: "of those who record the same step of an archive at once exactly one wins",
    async run({ storage }) {
      await raceArchives([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.retention.run",
    title: "of those who record the outcome of a run at once exactly one wins",
    async run({ storage }) {
      await raceRuns([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.holds.release",
    title: "of those who release a hold at once exactly one wins",
    async run({ storage }) {
      await raceReleases([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.second-handle.retention.lease",
    title: "through two handles: of those who ask for one lease at once exactly one gets it",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceLeases),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.retention.archive",
    title: "through two handles: of those who record the same step of an archive at once exactly one wins",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceArchives),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.retention.run",
    title: "through two handles: of those who record the outcome of a run at once exactly one wins",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceRuns),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.holds.release",
    title: "through two handles: of those who release a hold at once exactly one wins",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceReleases),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.holds.place",
    title: "a hold that one handle placed keeps the other from dropping, and its release lets it",
    requires: "multiProcess",
    run: (context) =>
      onTwoHandles(
        context,
        async ([one, two]) => {
          await one.audit.append(events(10));
          const partition = await onlyPartition(two);
          const drop = () => two.partitions.drop(partition, { expect: { rows: 10 } });
          const { holdId } = await one.holds.place({ agentId: "agent-1", reason: "case 7", actor: "ann" });
          await rejects(drop, "conflict", /1 legal hold covers 10/);
          assert.deepEqual(await two.holds.list(), await one.holds.list());
          assert.equal(await one.audit.count(), 10);
          await one.holds.release(holdId, { actor: "bob", reason: "settled" });
          assert.deepEqual(await drop(), { rows: 10 });
        },
        UNRECORDED,
      ),
    refusal: refusedSecond,
  },
]);
