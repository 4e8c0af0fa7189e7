import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect } from "../../src/driver/client/connect.js";
import { migratePostgres } from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { collectTail, EVENT, INSERT } from "../support/tails.js";

const EVENTS = 2000;
const WRITERS = 4;

/** While a tail reads on the standby; 200,000 take minutes: `AASM_TEST_STANDBY_EVENTS=200000`. */
const UNDER_LOAD = Number(process.env.AASM_TEST_STANDBY_EVENTS ?? 20_000);
const LOADING_WRITERS = 2;
const LOAD_BATCH = 100;

describeNeeding("postgres", "a tail on a hot standby", async () => {
  const primary = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(primary.stop);
  /** A store on the primary, and the same store as its standby has it. */
  const withStandby = async (url: string) => {
    const options = { url, timescaledb: "off" } as const;
    await migratePostgres(options);
    const standby = await startPostgres({ timescaledb: false, fsync: false, standbyOf: primary });
    const there = new URL(standby.url);
    there.pathname = new URL(url).pathname;
    const writer = await openPostgresStorage(options);
    const reader = await openPostgresStorage({ ...options, url: there.href, tailPollMs: 20 });
    return { standby, writer, reader };
  };

  it("delivers what was replayed, each event once, and positions of one server hold on the other", async (context) => {
    if (primary.programs === undefined) return context.skip("the server runs in Docker, which gives no standby");
    const database = await createDatabase(primary.url, "standby");
    const { standby, writer, reader } = await withStandby(database.url);
    const foreign = connect({
      ...parsePostgresOptions({ url: database.url }),
      maxConnections: 1,
      applicationName: "x",
    });
    try {
      // The tail begins here, on the primary.
      const start = collectTail(writer);
      while (start.items.length === 0) await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: "start" }]);
      await start.end();
      const tail = collectTail(reader, start.position);
      await foreign.begin(async (sql) => {
        await sql.unsafe(INSERT, ["late"]);
        await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: "early" }]);
      });
      const write = async (w: number) => {
        for (let n = 0; n < EVENTS / WRITERS; n += 5) {
          const batch = Array.from({ length: 5 }, (_, i) => ({ ts: new Date(), ...EVENT, agentId: `${w}-${n + i}` }));
          await writer.audit.append(batch);
        }
      };
      await Promise.all(Array.from({ length: WRITERS }, (_, w) => write(w)));
      const expected = EVENTS + 2;
      const wanted = (): string[] => tail.agents.filter((agent) => agent !== "start");
      await expect.poll(() => wanted().length, { timeout: 30_000 }).toBe(expected);
      await tail.end();
      expect(new Set(wanted()).size).toBe(expected);
      for (let w = 0; w < WRITERS; w++) {
        const ofWriter = wanted().filter((agent) => agent.startsWith(`${w}-`));
        expect(ofWriter).toEqual(Array.from({ length: EVENTS / WRITERS }, (_, n) => `${w}-${n}`));
      }
      // From the middle of what came on the standby, on the primary.
      const middle = tail.items.length >> 1;
      const resumed = collectTail(writer, tail.items[middle]?.position);
      await resumed.until(tail.items.length - middle - 1);
      await resumed.end();
      expect(resumed.agents.toSorted()).toEqual(tail.agents.slice(middle + 1).toSorted());
      const [today] = await reader.partitions.list("audit");
      if (today === undefined) throw new Error("there is no partition");
      expect((await reader.partitions.measure(today)).rows).toBe(today.rows);
      expect(await reader.health()).toMatchObject({ notes: [expect.anything(), expect.stringMatching(/standby/)] });
    } finally {
      await foreign.end({ timeout: 5 });
      await reader.close();
      await writer.close();
      await standby.stop();
    }
  }, 300_000);

  it("delivers all that two writers append meanwhile, each event once and each writer's in order", {
    timeout: 900_000,
  }, async (context) => {
    if (primary.programs === undefined) return context.skip("the server runs in Docker, which gives no standby");
    const database = await createDatabase(primary.url, "standby_load");
    const { standby, writer, reader } = await withStandby(database.url);
    try {
      const start = collectTail(writer);
      while (start.items.length === 0) await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: "start" }]);
      await start.end();
      const each = UNDER_LOAD / LOADING_WRITERS;
      const write = async (agentId: string): Promise<void> => {
        for (let from = 0; from < each; from += LOAD_BATCH) {
          const numbers = Array.from({ length: LOAD_BATCH }, (_, i) => from + i);
          await writer.audit.append(numbers.map((number) => ({ ts: new Date(), ...EVENT, agentId, payload: number })));
        }
      };
      const writing = Promise.all(Array.from({ length: LOADING_WRITERS }, (_, w) => write(`${w}`)));
      const next = Array.from({ length: LOADING_WRITERS }, () => 0);
      let delivered = 0;
      for await (const { event } of reader.audit.tail({}, { after: start.position })) {
        if (event.agentId === "start") continue;
        const of = Number(event.agentId);
        // Any that is passed over, repeated or out of order is not the next one of its writer.
        expect(event.payload).toBe(next[of]);
        next[of] = (next[of] as number) + 1;
        if (++delivered === UNDER_LOAD) break;
      }
      await writing;
      expect(await reader.audit.count({ agentId: ["0", "1"] })).toBe(UNDER_LOAD);
    } finally {
      await reader.close();
      await writer.close();
      await standby.stop();
    }
  });
});
