import { createDatabase } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { expect, it, onTestFinished } from "vitest";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { parseConnectionOptions } from "../../src/options.js";
import { type PostgresProfile, serverOf } from "../setup/database.js";
import { recordBySql } from "../support/record-by-sql.js";

export const TIMESCALE_PROFILES: readonly PostgresProfile[] = ["timescale-apache", "timescale-community"];

export interface Database {
  readonly url: string;
  readonly sql: Sql;
}

/**
 * A database without extension and schema, for the running test.
 * @param template the URL of a database of the same server that it begins as a copy of; nothing may be connected to that
 */
export async function bareDatabase(profile: PostgresProfile, template?: string): Promise<Database> {
  const server = serverOf(profile);
  if (server === undefined) throw new Error(`there is no server for the profile ${profile}`);
  const original = template === undefined ? undefined : new URL(template).pathname.slice(1);
  const { url, drop } = await createDatabase(server.url, "timescale", original);
  const sql = connect({ ...parseConnectionOptions({ url }), maxConnections: 6, applicationName: "aasm test" });
  onTestFinished(async () => {
    await sql.end({ timeout: 5 });
    await drop();
  });
  return { url, sql };
}

/** Lets nothing connect to a database any more, vacuum included, so that it can be copied. */
export async function closeForCopies(profile: PostgresProfile, url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await onServer(serverOf(profile)?.url ?? "", (admin) =>
    admin.unsafe(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`),
  );
}

async function onServer(url: string, work: (admin: Sql) => Promise<unknown>): Promise<void> {
  const options = { ...parseConnectionOptions({ url }), maxConnections: 1, applicationName: "aasm test" };
  const admin = connect(options);
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

/**
 * Jobs of TimescaleDB would work on the same chunks at the same time; what tests them lets them run. To be called when the
 * extension is there.
 */
export async function stopJobs(sql: Sql): Promise<void> {
  await sql`SELECT _timescaledb_functions.stop_background_workers()`;
}

/** A test for each of the profiles that there are; the others are listed with the reason why they did not run. */
export function onProfiles(
  profiles: readonly PostgresProfile[],
  title: string,
  run: (profile: PostgresProfile) => Promise<void>,
  timeout = 300_000,
): void {
  for (const profile of profiles) {
    it(...needing(profile, `${profile}: ${title}`, { timeout }), () => run(profile));
  }
}

/** Events of 40 agents, one every 5 seconds, the newest now unless told; `width` and some 200 bytes each. */
export async function insertEvents(
  sql: Sql,
  rows: number,
  { newest = new Date(), width = 300 }: { readonly newest?: Date; readonly width?: number } = {},
): Promise<void> {
  await sql`
    INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision, payload)
    SELECT ${newest.toISOString()}::timestamptz - i * interval '5 seconds', now(), gen_random_uuid(), i % 50 = 0, 'agent-' || i % 40, 'tool_call', 'allow',
      jsonb_build_object('n', i, 'text', repeat('x', ${width}::int))
    FROM generate_series(1, ${rows}) i`;
}

/** Samples of three metrics, one a minute; every fifth is there twice. */
export async function insertSamples(
  sql: Sql,
  rows: number,
  { width = 0 }: { readonly width?: number } = {},
): Promise<void> {
  const labels = width === 0 ? {} : { text: "x".repeat(width) };
  await recordBySql(
    sql,
    `SELECT now() - (i - i % 5 / 4) * interval '1 minute' AS ts, 1::float8 AS value,
      'metric-' || (i - i % 5 / 4) % 3 AS metric, NULL::text AS agent_id, NULL::text AS team_id,
      '${JSON.stringify(labels)}'::jsonb AS labels
    FROM generate_series(1, ${rows}) i`,
  );
}

export async function number(answer: Promise<readonly { n: number }[]>): Promise<number> {
  const [row] = await answer;
  expect(row).toBeDefined();
  return row?.n as number;
}

/** How many statements wait for a lock that another transaction holds. */
export function waitingForLocks(sql: Sql): Promise<number> {
  return number(sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND backend_type = 'client backend'`);
}
