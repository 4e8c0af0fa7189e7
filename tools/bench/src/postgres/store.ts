import { connect } from "node:net";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { createDatabase } from "@agent-assembly/test-services";
import postgres from "postgres";

export type Sql = postgres.Sql;

export const DAY_MS = 86_400_000;

/**
 * Start of a chunk three weeks ago: rows that are older than a month, the compression policy would compress while they are
 * measured.
 */
export const START = Math.floor((Date.now() - 21 * DAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS;

export const ANY_AGE = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };

/** A server to measure on, and what its results are called. */
export interface BenchServer {
  /** `apache`, `community`, or `plain` for tables without TimescaleDB. */
  readonly edition: string;
  readonly url: string;
}

/** A store on a database of its own, and the raw driver on the same tables, for the time of `work`. */
export async function withStore<T>(
  server: BenchServer,
  work: (ours: StorageBackend, raw: Sql, url: string) => Promise<T>,
): Promise<T> {
  const database = await createDatabase(server.url, "bench");
  try {
    const timescaledb = server.edition === "plain" ? "off" : "prefer";
    const ours = await openPostgresStorage({ url: database.url, migrate: "auto", limits: ANY_AGE, timescaledb });
    const raw = rawClient(database.url, 4);
    try {
      return await work(ours, raw, database.url);
    } finally {
      await raw.end();
      await ours.close();
    }
  } finally {
    await database.drop();
  }
}

/** The raw driver as one sets it up for speed: without Nagle's algorithm, which stalls every COPY. */
export function rawClient(url: string, max: number): Sql {
  return postgres(url, {
    max,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { TimeZone: "UTC" },
    ...({
      socket: ({ host, port }: { host: string[]; port: number[] }) => direct(host[0] as string, port[0] as number),
    } as object),
  });
}

function direct(host: string, port: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket)).once("error", reject);
  });
}

/**
 * Inserts rows on the server itself: fifty agents side by side, each in sessions of 64 events that share a text, calling one
 * of eight tools at a time.
 * @param stepMs between two events
 */
export async function fill(raw: Sql, count: number, startMs: number, stepMs: number): Promise<void> {
  const slice = 500_000;
  for (let from = 0; from < count; from += slice) {
    const to = Math.min(from + slice, count) - 1;
    await raw.unsafe(`
      INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, team_id, session_id, action, decision,
        matched_rule_id, tool, payload)
      SELECT t, t, md5(n::text)::uuid, false, 'agent-' || n % 50,
        'team-' || n % 5, 'session-' || n % 50 || '-' || n / 3200, 'tool_call', CASE WHEN n % 10 = 0 THEN 'deny' ELSE 'allow' END,
        'rule-' || n % 7, 'tool-' || tool, jsonb_build_object('tool', 'tool-' || tool,
          'arguments', jsonb_build_object('query', 'find order ' || md5('q' || n), 'limit', 20, 'note', repeat(md5(tool || '/' || n % 50 || '/' || n / 3200), 4)),
          'result', jsonb_build_object('status', 'ok', 'rows', n % 100, 'text', md5('r' || n) || repeat(chr(97 + tool), 150)))
      FROM (SELECT n, abs(hashint4(n)) % 8 AS tool, to_timestamp(${startMs} / 1000.0) + n * interval '${stepMs} milliseconds' AS t
        FROM generate_series(${from}, ${to}) AS n) AS g`);
  }
  await raw.unsafe("VACUUM ANALYZE audit_events");
}
