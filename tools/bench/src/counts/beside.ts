import { setTimeout as sleep } from "node:timers/promises";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { interrupted } from "../interruption.js";
import { type BenchServer, rawClient, withStore } from "../postgres/store.js";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { sampleEvents } from "../sample.js";
import { ANY_AGE, openRaw, withStores } from "../sqlite/store.js";

const BATCH = 1000;
/** Calls on the way at once. */
const WRITERS = 4;
const ROUNDS = 5;
const LOOK_EVERY_MS = 100;
const GIVE_UP_MS = 10_000;
/** Without it, a store has no position to count from, and waits until it has one. */
const STAND_STILL = "DELETE FROM audit_count_state";

/** Two stores that appends go to in turn. */
interface Pair {
  readonly counting: StorageBackend;
  /** Of the same kind, and counts nothing. */
  readonly still: StorageBackend;
  /** How far the counting one has come. */
  readonly position: () => Promise<unknown>;
}

/** Appends to a file beside the counting, against appends alone. */
export function sqliteBeside(quick: boolean): Promise<BenchResult> {
  return withStores(async (counting, _raw, paths) => {
    const other = openRaw(paths.raw);
    other.exec(STAND_STILL);
    other.close();
    await using still = await openSqliteStorage({ path: paths.raw, limits: ANY_AGE });
    const file = openRaw(paths.ours);
    const position = async () => file.prepare("SELECT folded_seq FROM audit_count_state").pluck().get();
    try {
      return await besideCounting("sqlite", { counting, still, position }, quick ? 20_000 : 200_000);
    } finally {
      file.close();
    }
  });
}

/** The same on a server. */
export function postgresBeside(server: BenchServer, quick: boolean): Promise<BenchResult> {
  return withStore(server, (counting, raw) =>
    withStore(server, async (first, _raw, url) => {
      await first.close();
      const sql = rawClient(url, 1);
      await sql.unsafe(STAND_STILL);
      await sql.end();
      const timescaledb = server.edition === "plain" ? "off" : "prefer";
      await using still = await openPostgresStorage({ url, limits: ANY_AGE, timescaledb });
      const position = async () => (await raw.unsafe("SELECT next FROM audit_count_state"))[0]?.next;
      return await besideCounting(
        `postgres (${server.edition})`,
        { counting, still, position },
        quick ? 20_000 : 100_000,
      );
    }),
  );
}

async function besideCounting(store: string, { counting, still, position }: Pair, count: number): Promise<BenchResult> {
  let at = Date.now() - 2 * count * (ROUNDS + 1);
  const rate = (storage: StorageBackend) => async (): Promise<number> => {
    at += count;
    const batches = Array.from({ length: count / BATCH }, (_, i) => sampleEvents(BATCH, at + i * BATCH));
    const took = await seconds(() =>
      Promise.all(
        Array.from({ length: WRITERS }, async () => {
          for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) await storage.audit.append(batch);
        }),
      ),
    );
    return count / took;
  };
  const begun = await position();
  const measured = await inTurn(ROUNDS, rate(counting), rate(still));
  for (let waited = 0; (await position()) === begun; waited += LOOK_EVERY_MS) {
    if (waited > GIVE_UP_MS) throw new Error(`${store}: nothing was counted`);
    await sleep(LOOK_EVERY_MS, undefined, { signal: interrupted });
  }
  return judge(`${store} append beside counting, against none`, "events/s", measured, {
    kind: "at least",
    ratio: 0.95,
  });
}
