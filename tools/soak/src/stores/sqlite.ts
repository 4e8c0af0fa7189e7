import { join } from "node:path";
import Database from "better-sqlite3";
import type { Fault } from "../faults/fault.js";
import { SmallDisk } from "./small-disk.js";
import type { SoakStore, SoakTables, StoredRow, StoreNeeds } from "./store.js";

/** Of the disk: for the start, and for each minute, which is more than a minute needs. */
const DISK_BYTES = { start: 256 * 1024 ** 2, minute: 128 * 1024 ** 2 } as const;

/** One SQLite file, on a disk of its own where one can be made. */
export async function startSqlite({ folder, minutes }: StoreNeeds): Promise<SoakStore> {
  const bytes = Math.ceil(DISK_BYTES.start + minutes * DISK_BYTES.minute);
  const disk = await SmallDisk.mount(join(folder, "disk"), bytes);
  const path = join(disk.folder, "audit.db");
  const options = { backend: "sqlite", path } as const;
  return {
    title: "SQLite",
    options,
    direct: options,
    files: disk.folder,
    faults: disk.problem === undefined ? [diskFull(disk)] : [],
    notTried: disk.problem === undefined ? [] : [`disk full: ${disk.problem}`],
    tables: new SqliteTables(path),
    recover: () => disk.free(),
    stop: () => disk.unmount(),
  };
}

function diskFull(disk: SmallDisk): Fault {
  return {
    name: "disk full",
    weight: 1,
    async run({ random, pause, tell }) {
      tell("no byte left");
      await disk.fill();
      await pause(random.between(500, 5000));
      await disk.free();
    },
  };
}

class SqliteTables implements SoakTables {
  #opened: Database.Database | undefined;

  constructor(private readonly path: string) {}

  get #db(): Database.Database {
    this.#opened ??= new Database(this.path, { readonly: true, fileMustExist: true });
    return this.#opened;
  }

  async *events(): AsyncIterable<StoredRow> {
    yield* this.#db
      .prepare<[], StoredRow>(
        "SELECT event_id AS id, agent_id AS agentId FROM audit_events WHERE action <> 'governance'",
      )
      .iterate();
  }

  async count(): Promise<number> {
    return this.#db.prepare("SELECT count(*) FROM audit_events").pluck().get() as number;
  }

  async countOf(agentId: string): Promise<number> {
    return this.#db.prepare("SELECT count(*) FROM audit_events WHERE agent_id = ?").pluck().get(agentId) as number;
  }

  async activePolicies(): Promise<string[]> {
    return this.#db.prepare("SELECT name FROM policy_active").pluck().all() as string[];
  }

  async close(): Promise<void> {
    this.#opened?.close();
  }
}
