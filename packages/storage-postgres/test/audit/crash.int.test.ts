import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { connect } from "../../src/driver/client/connect.js";
import { migratePostgres } from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { collectTail, EVENT } from "../support/tails.js";

describeNeeding("postgres", "a position that was given out before the server crashed", async () => {
  // What is committed without waiting for the disk stays off it for long.
  const server = await startPostgres({ timescaledb: false, fsync: false, settings: { wal_writer_delay: "5s" } });
  afterAll(server.stop);

  it("includes no event of a transaction whose number the server gave out again", { timeout: 300_000 }, async () => {
    const database = await createDatabase(server.url, "crash");
    const options = { url: database.url, timescaledb: "off", tailPollMs: 50 } as const;
    await migratePostgres(options);
    const before = await openPostgresStorage(options);
    await before.audit.append([{ ts: new Date(), ...EVENT, agentId: "before" }]);
    const [today] = await before.partitions.list("audit");
    if (today === undefined) throw new Error("there is no partition");
    const neighbour = connect({ ...parsePostgresOptions(options), maxConnections: 1, applicationName: "a neighbour" });
    await neighbour.unsafe("SET synchronous_commit = off");
    for (let n = 0; n < 100; n++) await neighbour.unsafe("SELECT pg_current_xact_id()");
    const { asOf } = await before.partitions.measure(today);
    await server.kill();
    await neighbour.end({ timeout: 0 });
    await before.close();
    await server.restart("immediate");

    const after = await openPostgresStorage(options);
    const expected = Array.from({ length: 30 }, (_, n) => `after-${n}`);
    for (const agentId of expected) await after.audit.append([{ ts: new Date(), ...EVENT, agentId }]);
    const tail = collectTail(after, asOf);
    await tail.until(expected.length);
    await tail.end();
    await after.close();
    expect(tail.agents).toEqual(expected);
  });
});
