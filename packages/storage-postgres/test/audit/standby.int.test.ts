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

describeNeeding("postgres", "a tail on a hot standby", async () => {
  const primary = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(primary.stop);

  it("delivers what was replayed, each event once, and positions of one server hold on the other", async (context) => {
    if (primary.programs === undefined) return context.skip("the server runs in Docker, which gives no standby");
    const database = await createDatabase(primary.url, "standby");
    const options = { url: database.url, timescaledb: "off" } as const;
    await migratePostgres(options);
    const standby = await startPostgres({ timescaledb: false, fsync: false, standbyOf: primary });
    const there = new URL(standby.url);
    there.pathname = new URL(database.url).pathname;
    const writer = await openPostgresStorage(options);
    const reader = await openPostgresStorage({ ...options, url: there.href, tailPollMs: 20 });
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
});
