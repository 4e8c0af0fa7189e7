import { createDatabase } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { expect, it, onTestFinished } from "vitest";
import { resolveConnectionOptions } from "../../src/options.js";
import { connect, type Sql } from "../../src/pool.js";
import { type PostgresProfile, serverOf } from "../setup/database.js";

export const TIMESCALE_PROFILES: readonly PostgresProfile[] = ["timescale-apache", "timescale-community"];

export interface Database {
  readonly url: string;
  readonly sql: Sql;
}

/** A database without extension and schema, for the running test. */
export async function bareDatabase(profile: PostgresProfile): Promise<Database> {
  const server = serverOf(profile);
  if (server === undefined) throw new Error(`there is no server for the profile ${profile}`);
  const { url, drop } = await createDatabase(server.url, "timescale");
  const sql = connect({ ...resolveConnectionOptions({ url }), maxConnections: 6, applicationName: "aasm test" });
  onTestFinished(async () => {
    await sql.end({ timeout: 5 });
    await drop();
  });
  return { url, sql };
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
  timeout = 30_000,
): void {
  for (const profile of profiles) {
    it(...needing(profile, `${profile}: ${title}`, { timeout }), () => run(profile));
  }
}

/** Events of 40 agents, one every 5 seconds, the newest now unless told; about 500 bytes each. */
export async function insertEvents(sql: Sql, rows: number, newest = new Date()): Promise<void> {
  await sql`
    INSERT INTO audit_events (ts, recorded_at, event_id, dry_run, agent_id, action, decision, payload)
    SELECT ${newest.toISOString()}::timestamptz - i * interval '5 seconds', now(), gen_random_uuid(), i % 50 = 0, 'agent-' || i % 40, 'tool_call', 'allow',
      jsonb_build_object('n', i, 'text', repeat('x', 300))
    FROM generate_series(1, ${rows}) i`;
}

/** Samples of three metrics, one a minute; every fifth is there twice. */
export async function insertSamples(sql: Sql, rows: number): Promise<void> {
  await sql`
    INSERT INTO metric_samples (ts, value, metric, labels)
    SELECT now() - (i - i % 5 / 4) * interval '1 minute', 1, 'metric-' || (i - i % 5 / 4) % 3, '{}'
    FROM generate_series(1, ${rows}) i`;
}

export async function number(answer: Promise<readonly { n: number }[]>): Promise<number> {
  const [row] = await answer;
  expect(row).toBeDefined();
  return row?.n as number;
}
