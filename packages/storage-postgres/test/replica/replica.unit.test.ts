import { describe, expect, it } from "vitest";
import { backendModule } from "../../src/backend-module.js";
import { Pool } from "../../src/driver/pool.js";
import { type PostgresStorageOptions, parsePostgresOptions } from "../../src/options.js";
import { type LogSample, PrimaryLog } from "../../src/replica/primary-log.js";
import { Replica } from "../../src/replica/replica.js";
import { ReplicaUnusable } from "../../src/replica/session.js";
import { lagOf, NOT_REPLAYED, notReplicaOf, type StandbyState } from "../../src/replica/standby-state.js";

const url = "postgres://u:sesame@primary/d";
const replicaUrl = "postgres://u:sesame@replica/d";

describe("the options of a replica", () => {
  const parse = (more: Partial<PostgresStorageOptions>) => parsePostgresOptions({ url, ...more });

  it("are none unless asked for; the limit is a second", () => {
    expect(parse({}).replica).toBeUndefined();
    expect(parse({ replicaUrl }).replica).toMatchObject({ maxLagMs: 1000, target: { place: "replica:5432/d" } });
    expect(parse({ replicaUrl, maxReplicaLagMs: 20 }).replica?.maxLagMs).toBe(20);
    const section = { database_url: url, replica_url: replicaUrl, max_replica_lag_ms: 20 };
    expect(backendModule.parseSettings(section)).toMatchObject({ url, replicaUrl, maxReplicaLagMs: 20 });
  });

  it.each([
    [{ maxReplicaLagMs: 20 }, "options.maxReplicaLagMs", /is set, and there is no replica to read from/],
    [{ replicaUrl, maxReplicaLagMs: 0 }, "options.maxReplicaLagMs", /from 1 to 3600000/],
    [{ replicaUrl, maxReplicaLagMs: 1.5 }, "options.maxReplicaLagMs", /from 1 to 3600000/],
    [{ replicaUrl, maxReplicaLagMs: "1s" as never }, "options.maxReplicaLagMs", /from 1 to 3600000/],
    [{ replicaUrl, maxReplicaLagMs: 3_600_001 }, "options.maxReplicaLagMs", /from 1 to 3600000/],
    [{ replicaUrl: "mysql://u:sesame@h/d" }, "options.replicaUrl", /options\.replicaUrl/],
    [{ replicaUrl: "" }, "options.replicaUrl", /options\.replicaUrl/],
    [{ replicaUrl: `${replicaUrl}?sslmod=require` }, "options.replicaUrl", /options\.replicaUrl.*sslmod/],
    [{ replicaUrl: 5 as never }, "options.replicaUrl", /options\.replicaUrl/],
  ])("%j are refused by name, and show no password", (options, option, message) => {
    let thrown: unknown;
    try {
      parse(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "invalid_argument", option, message: expect.stringMatching(message) });
    expect(String(thrown)).not.toContain("sesame");
    expect(String(thrown)).not.toContain("options.url");
  });

  it("take nothing from the variable that says what the primary must be", () => {
    process.env.PGTARGETSESSIONATTRS = "read-write";
    try {
      const { target, replica } = parse({ replicaUrl });
      expect([target.session, replica?.target.session]).toEqual(["read-write", "any"]);
    } finally {
      delete process.env.PGTARGETSESSIONATTRS;
    }
  });
});

describe("how far a replica is", () => {
  const identity = { system: "1", database: "2" };
  const sample: LogSample = { ...identity, place: 1000n, timeline: 3, takenAt: 10_000, serverTime: 777_000 };
  const standby: StandbyState = {
    ...identity,
    inRecovery: true,
    place: 1000n,
    timeline: 3,
    commitTime: 100_000,
    instance: "i",
  };
  const lag = (state: Partial<StandbyState>, wanted: { since?: number; place?: bigint; maxLagMs?: number } = {}) =>
    lagOf({ ...standby, ...state }, { sample, since: 10_050, place: 0n, maxLagMs: 100, ...wanted });

  it("is told by the place that the primary had, however long ago it last committed", () => {
    expect(lag({})).toBeUndefined();
    expect(lag({ commitTime: undefined })).toBeUndefined();
    expect(lag({ place: 999n })).toMatch(/^it is \d+ ms behind, and maxReplicaLagMs is 100$/);
    expect(lag({ place: 999n, commitTime: undefined })).toMatch(/an unknown time behind/);
  });

  it("is told by a commit that is young by the primary's clock, where that place is not reached", () => {
    // 50 ms after the sample it was 777,050 there.
    expect(lag({ place: 999n, commitTime: 776_951 })).toBeUndefined();
    expect(lag({ place: 999n, commitTime: 776_949 })).toBe("it is 101 ms behind, and maxReplicaLagMs is 100");
  });

  it("counts less than what has to be seen", () => {
    expect(lag({}, { place: 1000n })).toBeUndefined();
    expect(lag({}, { place: 1001n })).toBe(NOT_REPLAYED);
    expect(lag({ place: 1001n }, { place: 1001n })).toBeUndefined();
  });

  it("counts nothing on another timeline, nor where it is not known", () => {
    expect(lag({ timeline: 2, place: 5000n })).toMatch(/another timeline/);
    expect(lag({ timeline: 4, place: 5000n })).toMatch(/another timeline/);
    expect(lag({ place: undefined })).toMatch(/not known/);
  });

  it("is nothing of a server with other data, of another database, and of one that is no standby", () => {
    expect(notReplicaOf(identity, standby)).toBeUndefined();
    expect(notReplicaOf(identity, { ...standby, system: "9" })?.message).toMatch(/no physical copy/);
    expect(notReplicaOf(identity, { ...standby, database: "9" })?.message).toMatch(/another database/);
    expect(notReplicaOf(identity, { ...standby, inRecovery: false })?.message).toMatch(/not a standby/);
  });
});

describe("a failure on a replica", () => {
  const pool = new Pool({ ...parsePostgresOptions({ url, statementTimeoutMs: 1000 }), applicationName: "x" });
  const replica = () => new Replica(pool, new PrimaryLog(pool, false), 1000);
  const coded = (code: string) => Object.assign(new Error("m"), { code });
  const now = () => performance.now();

  it.each(["40001", "40P01", "57P01", "ECONNREFUSED", "CONNECTION_CLOSED", "42P01", "53300", "57014"])(
    "with the code %s is answered by the primary",
    (code) => expect(replica().givesWay(coded(code), now())).toBe(true),
  );

  it("is answered by the primary when it has not replayed enough", () => {
    expect(replica().givesWay(new ReplicaUnusable("m", 0), now())).toBe(true);
  });

  it("is the caller's when the statement ran out of time, when its answer is refused, and when it is a defect", () => {
    expect(replica().givesWay(coded("57014"), now() - 1001)).toBe(false);
    expect(replica().givesWay(new TypeError("m"), now())).toBe(false);
    expect(replica().givesWay(new DOMException("m", "AbortError"), now())).toBe(false);
  });
});
