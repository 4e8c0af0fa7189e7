import { join } from "node:path";
import { createDatabase } from "@agent-assembly/test-services";
import Database from "better-sqlite3";
import { thisMachine, versionOf } from "../machine.js";
import { rawClient } from "../postgres/store.js";
import { urlOf, withFolder, withServices } from "../surroundings.js";
import type { Column } from "./column.js";
import { COLUMNS } from "./columns/index.js";
import { FULL, type PeerSize, QUICK } from "./events.js";
import { installPeer } from "./install.js";
import { oneLine } from "./outcome.js";
import { type PeerReport, type StoreReport, together } from "./report.js";
import { type Outcomes, runColumn } from "./run-column.js";
import { PEERS, type PeerName, PINNED, type StoreName } from "./versions.js";
import type { Places } from "./works.js";

/** Which peers to measure, and on which stores. */
export interface Asked {
  readonly peers: readonly PeerName[];
  readonly stores: readonly StoreName[];
  readonly quick: boolean;
}

type WithPlaces = <T>(work: (places: Places) => Promise<T>) => Promise<T>;

/** One that can be measured. */
interface Ready {
  readonly name: string;
  readonly column: Column;
  readonly versions: readonly string[];
  readonly entry?: string;
}

/** Our stores, the raw drivers and the peers that were asked for, on each store. */
export function comparePeers({ peers, stores, quick }: Asked): Promise<PeerReport> {
  const size = quick ? QUICK : FULL;
  return withFolder("peers", async (folder) => {
    const reports: StoreReport[] = [];
    for (const store of stores) {
      const { ready, leftOut } = await prepare(store, peers, join(folder, store));
      reports.push(await MEASURE[store](folder, ready, leftOut, size));
    }
    return { date: new Date().toISOString().slice(0, 10), machine: thisMachine(), size, stores: reports };
  });
}

/** Installs what is missing; says why where that fails. */
async function prepare(store: StoreName, peers: readonly PeerName[], folder: string) {
  const ready: Ready[] = [];
  const leftOut: string[] = [];
  for (const [name, column] of Object.entries(COLUMNS[store])) {
    const { peer } = column;
    if (peer !== undefined && !peers.includes(peer)) continue;
    if (peer === undefined || peer === "drizzle") {
      ready.push({ name, column, versions: ownVersions(name, store) });
      continue;
    }
    const pinned = PINNED[peer][store];
    const versions = Object.entries(pinned.packages).map(([id, version]) => `${id} ${version}`);
    process.stderr.write(`installing ${versions.join(", ")} ...\n`);
    try {
      const entry = await installPeer(join(folder, peer), pinned);
      const shared = (pinned.shared ?? []).map((id) => `${id} ${versionOf(id)}`);
      ready.push({ name, column, versions: [...versions, ...shared], entry });
    } catch (error) {
      leftOut.push(`${PEERS[peer]} (${versions.join(", ")}): ${oneLine(error)}`);
    }
  }
  return { ready, leftOut };
}

function ownVersions(name: string, store: StoreName): string[] {
  const driver = store === "sqlite" ? "better-sqlite3" : "postgres";
  const packages = name === "drizzle" ? ["drizzle-orm", driver] : [driver];
  const versions = packages.map((id) => `${id} ${versionOf(id)}`);
  return name === "ours" ? ["this repository", ...versions] : versions;
}

type Measure = (folder: string, ready: Ready[], leftOut: string[], size: PeerSize) => Promise<StoreReport>;

const MEASURE: Readonly<Record<StoreName, Measure>> = { sqlite: onSqlite, postgres: onPostgres };

async function onSqlite(folder: string, ready: Ready[], leftOut: string[], size: PeerSize): Promise<StoreReport> {
  const withPlaces: WithPlaces = (work) =>
    withFolder("peers-sqlite", (own) =>
      work({ warm: join(own, "warm.db"), main: join(own, "main.db"), burst: join(own, "burst.db") }),
    );
  const columns = await inTurn("sqlite", ready, size, withPlaces);
  const database = new Database(join(folder, "version.db"));
  const version = database.prepare("SELECT sqlite_version()").pluck().get() as string;
  database.close();
  return { title: `SQLite ${version} (better-sqlite3)`, columns, leftOut };
}

function onPostgres(_folder: string, ready: Ready[], leftOut: string[], size: PeerSize): Promise<StoreReport> {
  return withServices(["postgres"], async (profiles) => {
    const server = urlOf(profiles, "postgres");
    if (server === undefined) {
      return { title: "PostgreSQL", columns: [], leftOut: [...leftOut, "PostgreSQL itself: there is no server"] };
    }
    const withPlaces: WithPlaces = async (work) => {
      const databases = await Promise.all(["warm", "main", "burst"].map(() => createDatabase(server, "bench")));
      const [warm = "", main = "", burst = ""] = databases.map(({ url }) => url);
      try {
        return await work({ warm, main, burst });
      } finally {
        for (const database of databases) await database.drop();
      }
    };
    const columns = await inTurn("postgres", ready, size, withPlaces);
    return { title: await serverTitle(server), columns, leftOut };
  });
}

async function serverTitle(url: string): Promise<string> {
  const sql = rawClient(url, 1);
  try {
    const settings: string[] = [];
    for (const name of ["server_version", "fsync", "synchronous_commit"]) {
      const [row] = await sql.unsafe<{ setting: string }[]>("SELECT current_setting($1) AS setting", [name]);
      settings.push(row?.setting ?? "");
    }
    const [version = "", fsync, commit] = settings;
    return `PostgreSQL ${version.split(" ", 1)[0]} (fsync ${fsync}, synchronous_commit ${commit})`;
  } finally {
    await sql.end();
  }
}

/** All in turn, several times, so that a drift of the machine's speed meets each. */
async function inTurn(store: StoreName, ready: readonly Ready[], size: PeerSize, withPlaces: WithPlaces) {
  const rounds = new Map<string, Outcomes[]>(ready.map(({ name }) => [name, []]));
  for (let round = 1; round <= size.rounds; round++) {
    for (const { name, column, entry } of ready) {
      process.stderr.write(`measuring ${column.title}, round ${round} of ${size.rounds} ...\n`);
      const task = { store, column: name, size, ...(entry === undefined ? {} : { entry }) };
      rounds.get(name)?.push(await withPlaces((places) => runColumn({ ...task, places })));
    }
  }
  return ready.map(({ name, column: { title, how, durable }, versions }) => {
    return { title, how, durable, versions, outcomes: together(rounds.get(name) ?? []) };
  });
}
