import assert from "node:assert/strict";
import { defineCases } from "../contract-case.js";
import { ANY_TIME, event, events } from "../support/fixtures.js";
import { partitionConcurrencyCases } from "./partitions/concurrency.js";
import { oneWins, ROUNDS, race } from "./races.js";
import { type Handles, onTwoHandles, refusedSecond } from "./two-handles.js";

async function raceAppends(handles: Handles): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const one = event(round, { payload: { round } });
    const results = await Promise.all(race(handles, 20, ({ audit }) => audit.append([one])));
    assert.equal(
      results.reduce((sum, { inserted }) => sum + inserted, 0),
      1,
    );
    assert.equal(
      results.reduce((sum, { duplicates }) => sum + duplicates, 0),
      19,
    );
    assert.deepEqual(
      results.flatMap(({ rejected }) => rejected),
      [],
    );
  }
  for (const { audit } of handles) assert.equal(await audit.count(), ROUNDS);
}

async function raceContents(handles: Handles): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const calls = race(handles, 10, ({ audit }, n) => audit.append([event(1000 + round, { payload: { n } })]));
    const results = await Promise.all(calls);
    const winners = results.flatMap(({ inserted }, n) => (inserted === 1 ? [n] : []));
    assert.equal(winners.length, 1);
    assert.equal(results.flatMap(({ rejected }) => rejected).filter(({ code }) => code === "conflict").length, 9);
    const { items } = await handles[0].audit.query({ eventId: event(1000 + round).eventId });
    assert.deepEqual(items[0]?.payload, { n: winners[0] });
  }
}

async function raceUpdates(handles: Handles): Promise<void> {
  await handles[0].agents.register({ agentId: "a" });
  for (let round = 1; round <= ROUNDS; round++) {
    const options = { expectedRevision: round };
    const calls = race(handles, 4, ({ agents }, n) => agents.update("a", { name: `${round}-${n}` }, options));
    const winner = await oneWins(calls);
    assert.equal(winner.revision, round + 1);
    for (const { agents } of handles) assert.deepEqual(await agents.get("a"), winner);
  }
}

async function raceRegistrations(handles: Handles): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const agentId = `agent-${round}`;
    const winner = await oneWins(race(handles, 4, ({ agents }, n) => agents.register({ agentId, name: `${n}` })));
    for (const { agents } of handles) assert.deepEqual(await agents.get(agentId), winner);
  }
}

async function raceHeartbeats(handles: Handles): Promise<void> {
  await handles[0].agents.register({ agentId: "a" });
  const results = await Promise.all(race(handles, 40, ({ agents }) => agents.heartbeat("a")));
  const revisions = results.map(({ revision }) => revision).sort((x, y) => x - y);
  assert.deepEqual(
    revisions,
    Array.from({ length: 40 }, (_, n) => n + 2),
  );
}

async function raceSaves(handles: Handles): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const options = { actor: "ann", expectedLatest: round };
    const source = (n: number) => `round: ${round}\nn: ${n}\n`;
    const winner = await oneWins(
      race(handles, 4, ({ policies }, n) => policies.save({ name: "p", source: source(n) }, options)),
    );
    assert.equal(winner.version, round + 1);
    for (const { policies } of handles) assert.deepEqual(await policies.get("p", round + 1), winner);
  }
  assert.equal((await handles[0].policies.versions("p")).length, ROUNDS);
}

async function raceActivations(handles: Handles): Promise<void> {
  const { policies } = handles[0];
  for (let v = 1; v <= 4; v++) await policies.save({ name: "p", source: `v: ${v}` }, { actor: "ann" });
  await policies.save({ name: "p", source: "v: 5" }, { actor: "ann" });
  for (let round = 0; round < ROUNDS; round++) {
    // Version 5 is active before each race but the first, so that no racer activates the active version.
    const options = { actor: "bob", expectedActive: round === 0 ? null : 5 };
    const winner = await oneWins(race(handles, 4, (handle, n) => handle.policies.activate("p", n + 1, options)));
    for (const handle of handles) assert.equal((await handle.policies.active("p"))?.version, winner.to);
    await policies.activate("p", 5, { actor: "bob", expectedActive: winner.to });
  }
  const log = (await policies.activations("p")).toReversed();
  assert.equal(log.length, ROUNDS * 2);
  for (const [n, { from }] of log.entries()) assert.equal(from, n === 0 ? null : log[n - 1]?.to);
}

/** Runs a race on two handles on the same data, each of which sees at once what the other has done. */
export const concurrencyCases = defineCases([
  {
    id: "concurrency.append.many-singles",
    title: "2,000 concurrent appends of one event each are acknowledged and stored exactly once",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      const batch = events(2000);
      const results = await Promise.all(batch.map((one) => backend.audit.append([one])));
      for (const result of results) assert.deepEqual(result, { inserted: 1, duplicates: 0, rejected: [] });
      assert.deepEqual(
        (await harness.readStoredEvents(backend)).map(({ eventId }) => eventId),
        batch.map(({ eventId }) => eventId),
      );
    },
  },
  {
    id: "concurrency.append.same-event",
    title: "the same event appended 20 times at once is inserted once and a duplicate 19 times",
    async run({ storage }) {
      await raceAppends([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.append.same-key",
    title: "of different contents for one key at once the first is stored and the others are conflicts",
    async run({ storage }) {
      await raceContents([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.agents.update",
    title: "of updates racing on one revision exactly one wins and the others are conflicts",
    async run({ storage }) {
      await raceUpdates([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.agents.register",
    title: "of registrations of one id at once exactly one wins",
    async run({ storage }) {
      await raceRegistrations([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.agents.heartbeat",
    title: "concurrent changes without an expectation all happen, each with a revision of its own",
    async run({ storage }) {
      await raceHeartbeats([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.policies.save",
    title: "of saves with the same expectedLatest exactly one wins",
    async run({ storage }) {
      await raceSaves([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.policies.activate",
    title: "of activations with the same expectedActive exactly one wins, and the log has no gap",
    async run({ storage }) {
      await raceActivations([await storage(ANY_TIME)]);
    },
  },
  {
    id: "concurrency.second-handle.append.same-event",
    title: "through two handles: the same event appended 20 times at once is inserted once and a duplicate 19 times",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceAppends),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.append.same-key",
    title:
      "through two handles: of different contents for one key at once the first is stored and the others are conflicts",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceContents),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.agents.update",
    title: "through two handles: of updates racing on one revision exactly one wins and the others are conflicts",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceUpdates),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.agents.register",
    title: "through two handles: of registrations of one id at once exactly one wins",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceRegistrations),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.agents.heartbeat",
    title: "through two handles: concurrent changes without an expectation all happen, each with a revision of its own",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceHeartbeats),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.policies.save",
    title: "through two handles: of saves with the same expectedLatest exactly one wins",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceSaves),
    refusal: refusedSecond,
  },
  {
    id: "concurrency.second-handle.policies.activate",
    title: "through two handles: of activations with the same expectedActive exactly one wins, and the log has no gap",
    requires: "multiProcess",
    run: (context) => onTwoHandles(context, raceActivations),
    refusal: refusedSecond,
  },
  ...partitionConcurrencyCases,
]);
