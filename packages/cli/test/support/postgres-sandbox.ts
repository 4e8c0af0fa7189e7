import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import postgres from "postgres";
import { afterAll, inject } from "vitest";
import { createSandbox, type Sandbox, sandboxIn } from "./run-aasm.js";

type Profile = (typeof PROFILES)[number];

/** Stands for a password in every URL: no output may show it. */
export const PASSWORD = "hunter2-secret";

export const PROFILES = ["postgres", "timescale-apache"] as const;

/** A suite for each of some profiles of PostgreSQL; where there is no server for it, skipped with the reason. */
export function describePostgres(
  name: string,
  profiles: readonly Profile[],
  suite: (profile: Profile) => Promise<void>,
): void {
  for (const profile of profiles) {
    describeNeeding(profile, `${name}: ${profile}`, () => suite(profile));
  }
}

export interface PostgresSandbox extends Sandbox {
  /** With {@link PASSWORD} in it. */
  readonly url: string;
  /** Runs SQL in the database, as its owner. */
  sql(text: string): Promise<void>;
  /** Does work while another session holds a lock on a table that nothing gets past. */
  locked(table: string, work: () => Promise<void>): Promise<void>;
}

/**
 * A sandbox whose configuration names a database nobody else uses, without a schema. To be called while tests are
 * collected.
 * @param always variables that every command gets
 */
export async function createPostgresSandbox(
  profile: Profile,
  label: string,
  always: Record<string, string> = {},
): Promise<PostgresSandbox> {
  const sandbox = await createSandbox();
  const database = await createDatabase(serverUrl(profile) ?? "", label);
  afterAll(database.drop);
  const url = withPassword(database.url);
  const config = join(sandbox.folder, "config.yaml");
  const enabled = profile === "timescale-apache";
  await writeFile(config, `storage: { postgres: { timescaledb: { enabled: ${enabled} } } }\n`);
  return {
    ...sandboxIn(sandbox.folder, ["--config", config], {
      ...always,
      AA_MODE: "remote",
      AAASM_DATABASE_URL: url,
    }),
    url,
    async sql(text) {
      const client = postgres(url, { max: 1, onnotice: () => undefined });
      await client.unsafe(text);
      await client.end();
    },
    async locked(table, work) {
      const client = postgres(url, { max: 1, onnotice: () => undefined });
      try {
        await client.begin(async (transaction) => {
          await transaction`LOCK TABLE ${transaction(table)} IN ACCESS EXCLUSIVE MODE`;
          await work();
        });
      } finally {
        await client.end();
      }
    },
  };
}

export function withPassword(url: string): string {
  const changed = new URL(url);
  // The servers of the tests let everybody in, whatever the password is.
  if (changed.password === "") changed.password = PASSWORD;
  return changed.toString();
}

function serverUrl(profile: Profile): string | undefined {
  return inject("services").profiles.find(({ name }) => name === profile)?.url;
}
