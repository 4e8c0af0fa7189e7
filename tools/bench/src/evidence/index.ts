import Database from "better-sqlite3";
import { onEach } from "../postgres/servers.js";
import { type BenchServer, withStore } from "../postgres/store.js";
import type { BenchResult } from "../result.js";
import { withStores } from "../sqlite/store.js";
import { measureEvidence } from "./measure.js";

/** What sealing costs, and how long verifying takes, on each store that can be had. */
export async function evidence(quick: boolean): Promise<BenchResult[]> {
  return [...(await onSqlite(quick)), ...(await onEach(["postgres"], [onPostgres], quick))];
}

function onSqlite(quick: boolean): Promise<BenchResult[]> {
  return withStores((storage, _raw, { ours: path }) =>
    measureEvidence(
      {
        name: "sqlite",
        storage,
        options: { backend: "sqlite", path },
        evidenceBytes() {
          const db = new Database(path, { readonly: true });
          try {
            return db.prepare("SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%evidence%'").pluck().get() as number;
          } finally {
            db.close();
          }
        },
      },
      quick,
    ),
  );
}

function onPostgres(server: BenchServer, quick: boolean): Promise<BenchResult[]> {
  const timescaledb = server.edition === "plain" ? "off" : "prefer";
  return withStore(server, (storage, raw, url) => {
    const evidenceBytes = async (): Promise<number> => {
      const [row] = await raw<{ bytes: number }[]>`
        SELECT sum(pg_total_relation_size(oid))::float8 AS bytes FROM pg_class
        WHERE relkind = 'r' AND relname LIKE 'evidence%'`;
      return row?.bytes ?? 0;
    };
    const options = { backend: "postgres", url, timescaledb } as const;
    return measureEvidence({ name: `postgres (${server.edition})`, storage, options, evidenceBytes }, quick);
  });
}
