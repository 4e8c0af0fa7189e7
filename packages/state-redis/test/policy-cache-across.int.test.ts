import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StateHealth } from "@agent-assembly/storage-core/state";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, expect, it, onTestFinished } from "vitest";
import { countingFront } from "./setup/counting-front.js";
import { builtProgramOf, Program } from "./setup/program.js";
import { ownProxy, ownServer, until } from "./setup/servers.js";

const reader = await builtProgramOf("reader.mjs");

/** Longer than any test: what a process keeps goes only because it was told, or because it noticed that it is not told. */
const TTL_MS = 3_600_000;
/** No command takes so long: what is not answered then will not be. */
const PATIENT_MS = 60_000;

type Readers = readonly [Program, Program, Program, Program];

/** Four processes with a cache each, over one SQLite file that holds versions 1 to `versions`, the first one active. */
async function fourReaders(url: string, versions: number, commandTimeoutMs = PATIENT_MS): Promise<Readers> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-cache-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "local.db");
  await using storage = await openSqliteStorage({ path });
  for (let n = 1; n <= versions; n++) {
    await storage.policies.save({ name: "policy", source: `version: ${n}` }, { actor: "test" });
  }
  await storage.policies.activate("policy", 1, { actor: "test" });
  const args = [url, "aasm", path, String(TTL_MS), String(commandTimeoutMs)];
  const start = (): Program => new Program(reader, args);
  const programs: Readers = [start(), start(), start(), start()];
  for (const program of programs) expect(await program.next()).toBe("ready");
  return programs;
}

/**
 * Activates a version in the first process and waits until each of the others serves it.
 * @returns where the answers of those came from before, and where the first one with the version did
 */
async function activate([first, ...others]: Readers, version: number): Promise<{ before: string[]; after: string[] }> {
  for (const other of others) other.send({ watch: version });
  const before = await Promise.all(others.map((other) => other.next<{ before: string }>()));
  first.send({ activate: version });
  expect(await first.next()).toBe("activated");
  const after = await Promise.all(others.map((other) => other.next<{ after: string }>()));
  return { before: before.map((one) => one.before), after: after.map((one) => one.after) };
}

async function healthOf(program: Program): Promise<StateHealth> {
  program.send({ health: true });
  return program.next<StateHealth>();
}

async function allAre(programs: readonly Program[], status: StateHealth["status"]): Promise<void> {
  for (const program of programs) {
    await until(`the cache is ${status}`, async () => (await healthOf(program)).status === status);
  }
}

const KEPT = { before: ["process", "process", "process"] };
const FROM_STORE = { before: ["store", "store", "store"], after: ["store", "store", "store"] };

/** They kept the version before, were told, and asked again. */
async function allAreTold(programs: Readers, versions: readonly number[]): Promise<void> {
  for (const version of versions) {
    const served = await activate(programs, version);
    expect(served).toMatchObject(KEPT);
    for (const source of served.after) expect(source).toMatch(/^(redis|store)$/);
  }
}

/** They kept nothing, so that there was nothing to be told. */
async function allAskTheStore(programs: Readers, versions: readonly number[]): Promise<void> {
  for (const version of versions) expect(await activate(programs, version)).toEqual(FROM_STORE);
}

describe(...needing("own-servers", "an activation in one process of four"), () => {
  it("is served by the others because they are told of it, though what they keep would do for another hour", async () => {
    const server = await ownServer();
    const programs = await fourReaders(server.url, 11);
    await allAreTold(programs, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("is served as well while Redis is stopped, and after it has come back, without a restart of anything", async () => {
    const server = await ownServer();
    const programs = await fourReaders(server.url, 9);
    await server.kill();
    await allAre(programs, "degraded");
    expect((await healthOf(programs[1])).backedBy).toBe("redis is away: straight from the store");
    await allAskTheStore(programs, [2, 3, 4]);
    await server.restart();
    await allAre(programs, "ok");
    await allAreTold(programs, [5, 6, 7, 8, 9]);
  });

  it("is served while packets to Redis get lost, which each process notices by itself, health says and time mends", async () => {
    const server = await ownServer();
    const proxy = await ownProxy(server.url);
    const front = await countingFront(proxy.url);
    const programs = await fourReaders(front.url, 17, 500);
    await proxy.setMode("swallow");
    // None can be told, and some have not noticed yet that they are not.
    expect((await activate(programs, 2)).after).toEqual(FROM_STORE.after);
    await allAre(programs, "degraded");
    await allAskTheStore(programs, [3, 4, 5, 6, 7, 8, 9]);
    // Each of the four has two connections.
    const tried = front.connections;
    await until("each has tried to reconnect, three times in vain", () => front.connections >= tried + 3 * 8);
    expect((await healthOf(programs[2])).backedBy).toBe("redis is away: straight from the store");
    await proxy.setMode("pass");
    await allAre(programs, "ok");
    await allAreTold(programs, [10, 11, 12, 13, 14, 15, 16, 17]);
  });
});
